//! Sign in with Atlassian in an actix-web app: `cargo run -p actix-quickstart`, then open <http://localhost:3000>.

use std::error::Error;
use std::time::Duration;

use actix_web::middleware::Logger;
use actix_web::web::{self, Html};
use actix_web::{App, HttpServer};
use quickstart::{database, pages, settings};
use threelo_actix::{
    Atlassian, AuthMiddleware, AuthRejection, CurrentSite, CurrentUser, MaybeUser,
};
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    // Work that outlives a request, such as a token refresh, runs in a runtime that outlives the server's workers.
    let behind = Runtime::new()?;
    let sandbox = behind.block_on(settings::sandbox_unless_configured())?;
    let builder = behind.block_on(database::with_store(settings::of(sandbox.as_ref())))?;
    let auth = builder.runtime(behind.handle().clone()).build()?;

    let listen = settings::one("LISTEN", "127.0.0.1:3000");
    tracing::info!("callback URL to register: {}", auth.callback_url());
    tracing::info!("open {}", auth.public_url());
    let around = AuthMiddleware::new(auth.clone());
    // The access log is outermost and has the auth routes, too; `%U` leaves out the query, which holds a code in callbacks.
    let app = move || {
        let app = App::new().wrap(around.clone());
        app.wrap(Logger::new("%a %U %s %D ms")).configure(routes)
    };
    let bound = HttpServer::new(app).bind(&listen);
    let server = bound.map_err(|error| settings::cannot_listen("LISTEN", &listen, &error))?;
    actix_web::rt::System::new().block_on(server.run())?;
    behind.block_on(auth.drain(Duration::from_secs(10)));
    Ok(())
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(home))
        .route("/board", web::get().to(board));
}

async fn home(user: MaybeUser) -> Html {
    Html::new(match user.as_ref() {
        Some(user) => pages::welcome(user),
        None => pages::stranger(),
    })
}

/// The newest issues of the chosen site. Visitors who are not signed in are sent to the login and return afterwards. `?`
/// turns a failed call to Atlassian into an error page.
async fn board(
    user: CurrentUser,
    site: CurrentSite,
    atlassian: Atlassian,
) -> Result<Html, AuthRejection> {
    let search = atlassian.jira(&site).get("/rest/api/3/search/jql");
    let jql = "assignee = currentUser() ORDER BY updated DESC";
    let query = [
        ("jql", jql),
        ("fields", "summary,status"),
        ("maxResults", "20"),
    ];
    let found = search.query(&query).json().await?;
    Ok(Html::new(pages::board(&user, &site, &found)))
}
