//! A single-page app: `cargo run -p spa`, then open <http://localhost:5173>, or <http://127.0.0.1:5173> for a page of
//! another site. `cargo run -p spa -- --actix` does the same with actix-web.

mod page;

use std::error::Error;
use std::net::TcpListener;

use quickstart::settings;
use threelo::Forward;
use threelo::{Auth, AuthBuilder};
use threelo_actix::AuthMiddleware;
use threelo_tower::AuthLayer;
use tokio::runtime::Runtime;

/// The id of `examples/extension`, which follows from `key` in its manifest.
const EXTENSION: &str = "chrome-extension://peapfnfhoblabhiojpfmcgdaiimchhgl";

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let behind = Runtime::new()?;
    let sandbox = behind.block_on(settings::sandbox_unless_configured())?;
    let listener = TcpListener::bind(settings::one("PAGE_LISTEN", "127.0.0.1:5173"))?;
    let port = listener.local_addr()?.port();
    let builder = settings::of(sandbox.as_ref()).runtime(behind.handle().clone());
    let auth = open_to_pages(builder, port).build()?;

    let atlassian = settings::variable("ATLASSIAN_API_URL", sandbox.as_ref());
    let api = atlassian.unwrap_or_else(|| "https://api.atlassian.com".to_owned());
    behind.spawn(page::serve(listener, page::Addresses::of(&auth, &api)));
    tracing::info!(
        "open http://localhost:{port}, or http://127.0.0.1:{port} as a page of another site"
    );

    let listen = settings::one("LISTEN", "127.0.0.1:3000");
    if std::env::args().any(|flag| flag == "--actix") {
        let app = move || actix_web::App::new().wrap(AuthMiddleware::new(auth.clone()));
        let server = actix_web::HttpServer::new(app).bind(listen)?;
        actix_web::rt::System::new().block_on(server.run())?;
    } else {
        let app = axum::Router::new().layer(AuthLayer::new(auth));
        behind.block_on(async {
            let listener = tokio::net::TcpListener::bind(listen).await?;
            axum::serve(listener, app).await
        })?;
    }
    Ok(())
}

/// What a page of another origin may do. Both patterns are allowed here to show them; an app needs only one.
fn open_to_pages(builder: AuthBuilder, port: u16) -> AuthBuilder {
    builder
        .same_site_origins([format!("http://localhost:{port}")])
        .cross_site_origins([format!("http://127.0.0.1:{port}"), EXTENSION.to_owned()])
        .handoff_pages([format!("http://127.0.0.1:{port}/")])
        .bearer_sessions()
        .access_tokens()
        .forward([Forward::to("jira", "/rest/api/3/search/")])
}

impl page::Addresses {
    fn of(auth: &Auth, api: &str) -> Self {
        Self {
            auth: format!("{}/auth", auth.public_url()),
            server: auth.public_url(),
            api: api.to_owned(),
        }
    }
}
