//! Connect Jira in an actix-web app that has users and sessions of its own: `cargo run -p actix-connect`, then open
//! <http://localhost:3000>.

mod users;

use std::error::Error;
use std::time::Duration;

use actix_session::{SessionExt, SessionMiddleware, storage::CookieSessionStore};
use actix_web::web::{self, Data, Html, Path, Redirect};
use actix_web::{App, HttpRequest, HttpServer, cookie::Key, rt};
use incidents::Desk;
use quickstart::settings;
use threelo_actix::{
    Atlassian, AuthRejection, BoxError, ConnectMiddleware, Connections, CurrentSite, Subject,
    same_origin,
};
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    // Work that outlives a request, such as a token refresh, runs in a runtime that outlives the server's workers.
    let behind = Runtime::new()?;
    let sandbox = behind.block_on(settings::sandbox_unless_configured())?;
    let builder = incidents::settings(sandbox.as_ref());
    let connect = builder.runtime(behind.handle().clone()).build()?;

    let listen = settings::one("LISTEN", "127.0.0.1:3000");
    tracing::info!("callback URL to register: {}", connect.callback_url());
    tracing::info!("open {}", connect.public_url());
    let desk = Data::new(Desk::new(connect.clone()));
    let is_https = connect.public_url().starts_with("https:");
    // In your app the key comes from the configuration, so that sessions survive a restart.
    let key = Key::generate();
    let around = ConnectMiddleware::new(connect.clone(), app_user);
    let app = move || {
        let sessions = SessionMiddleware::builder(CookieSessionStore::default(), key.clone());
        App::new()
            .app_data(desk.clone())
            .configure(routes)
            .wrap(same_origin())
            .wrap(around.clone())
            .wrap(sessions.cookie_secure(is_https).build())
    };
    let bound = HttpServer::new(app).bind(&listen);
    let server = bound.map_err(|error| settings::cannot_listen("LISTEN", &listen, &error))?;
    rt::System::new().block_on(server.run())?;
    behind.block_on(connect.drain(Duration::from_secs(10)));
    Ok(())
}

/// The user of the app's own session.
fn app_user(
    request: &HttpRequest,
) -> impl Future<Output = Result<Option<Subject>, BoxError>> + use<> {
    let user = request.get_session().get::<String>(users::USER);
    async { Ok(user?.map(Subject::parse).transpose()?) }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(home))
        .service(
            web::resource("/login")
                .get(users::login)
                .post(users::sign_in),
        )
        .route("/logout", web::post().to(users::sign_out))
        .route("/incidents/{number}/file", web::post().to(file));
}

/// A visitor who is not signed in to the app is sent to its login first, and returns here afterwards.
async fn home(connections: Connections, desk: Data<Desk>) -> Html {
    Html::new(desk.home(&connections))
}

/// Files an incident in the Jira of the connected account; without one, the visitor is asked to connect it.
async fn file(
    connections: Connections,
    site: CurrentSite,
    atlassian: Atlassian,
    desk: Data<Desk>,
    number: Path<usize>,
) -> Result<Redirect, AuthRejection> {
    desk.file(connections.subject(), *number, &atlassian, &site)
        .await?;
    Ok(Redirect::to("/").see_other())
}
