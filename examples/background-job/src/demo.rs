//! Accounts for the job. In your app, users sign in themselves.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{Request, Response};
use threelo::clock::{Clock, ManualClock, SystemClock};
use threelo::{Auth, Credentials, Environment};
use threelo_sandbox::Sandbox;
use threelo_tower::AuthLayer;
use tower::ServiceExt;

const HOUR: Duration = Duration::from_secs(3600);

/// Mia, Nora and Edward an hour after they signed in. Edward has removed the app from his Atlassian account.
pub(crate) async fn three_accounts() -> Result<(Auth, Sandbox), Box<dyn Error + Send + Sync>> {
    let sandbox = Sandbox::builder().start().await?;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    let auth = Auth::builder(credentials, "http://localhost:3000")
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .clock(clock.clone())
        .build()?;
    let app = Router::new().layer(AuthLayer::new(auth.clone()));
    for user in ["mia", "edward", "nora"] {
        let login = visit(&app, "/auth/login", None).await?;
        let callback = sandbox
            .approve(field(&login, &LOCATION), user, None)
            .await?;
        let path = callback.trim_start_matches("http://localhost:3000");
        let cookie = field(&login, &SET_COOKIE).split(';').next();
        visit(&app, path, cookie).await?;
    }
    sandbox.revoke_user("edward");
    clock.advance(HOUR);
    sandbox.clock().advance(HOUR);
    Ok((auth, sandbox))
}

async fn visit(
    app: &Router,
    path: &str,
    cookie: Option<&str>,
) -> Result<Response<Body>, Box<dyn Error + Send + Sync>> {
    let request = Request::get(path)
        .header(HOST, "localhost:3000")
        .header(COOKIE, cookie.unwrap_or_default())
        .body(Body::empty())?;
    Ok(app.clone().oneshot(request).await?)
}

fn field<'a>(response: &'a Response<Body>, name: &http::HeaderName) -> &'a str {
    let value = response.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
