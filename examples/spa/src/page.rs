//! The server of the page; it serves files only.

use std::net::TcpListener;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

const FILES: [(&str, &str, &str); 4] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../www/index.html"),
    ),
    ("/app.js", "text/javascript", include_str!("../www/app.js")),
    (
        "/threelo.js",
        "text/javascript",
        include_str!("../www/threelo.js"),
    ),
    ("/style.css", "text/css", include_str!("../www/style.css")),
];

/// The servers that the page uses.
pub(crate) struct Addresses {
    /// The auth routes.
    pub(crate) auth: String,
    /// Their origin.
    pub(crate) server: String,
    /// Atlassian's API.
    pub(crate) api: String,
}

/// Serves the page until the process ends.
pub(crate) async fn serve(listener: TcpListener, addresses: Addresses) {
    let Addresses { auth, server, api } = addresses;
    let config = serde_json::json!({ "auth": auth, "api": api });
    let config = format!("export const {{ auth, api }} = {config};\n");
    let policy = format!("default-src 'self'; connect-src 'self' {server} {api}; img-src data:");
    let mut app = Router::new().route(
        "/config.js",
        get(async || ([(CONTENT_TYPE, "text/javascript")], config)),
    );
    for (path, kind, text) in FILES {
        let policy = policy.clone();
        let file = async move || {
            let fields = [
                (CONTENT_TYPE, kind.to_owned()),
                (CONTENT_SECURITY_POLICY, policy),
            ];
            (fields, text).into_response()
        };
        app = app.route(path, get(file));
    }
    if listener.set_nonblocking(true).is_ok()
        && let Ok(listener) = tokio::net::TcpListener::from_std(listener)
    {
        let _ended = axum::serve(listener, app).await;
    }
}
