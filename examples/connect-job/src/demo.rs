//! Users for the job. In your app, users connect their accounts themselves.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{ACCEPT, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::request::{Builder, Parts};
use http::{HeaderName, Request, Response};
use threelo::clock::{Clock, ManualClock, SystemClock};
use threelo::{BoxError, Connect, Credentials, Environment, Subject};
use threelo_sandbox::Sandbox;
use threelo_tower::ConnectLayer;
use tower::ServiceExt;

/// The users of the app, and the account that each of them connects.
const LINKS: [(&str, &str); 2] = [("user-1", "edward"), ("user-2", "mia")];

const HERE: &str = "http://localhost:3000";
const HOUR: Duration = Duration::from_secs(3600);

/// The users of the app.
pub(crate) fn users() -> [&'static str; 2] {
    LINKS.map(|(user, _)| user)
}

/// Two users an hour after they connected their accounts. Edward has since removed the app from his account.
pub(crate) async fn two_links() -> Result<(Connect, Sandbox), BoxError> {
    let sandbox = Sandbox::builder().start().await?;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    let connect = Connect::builder(credentials, HERE)
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .clock(clock.clone())
        .build()?;
    for (user, account) in LINKS {
        let started = visit(&connect, user, Request::post("/auth/connect")).await?;
        let authorize = field(&started, &LOCATION);
        let callback = sandbox.approve(authorize, account, None).await?;
        let flow = field(&started, &SET_COOKIE).split(';').next();
        let callback = Request::get(callback.trim_start_matches(HERE));
        let callback = callback.header(COOKIE, flow.unwrap_or_default());
        visit(&connect, user, callback).await?;
    }
    sandbox.revoke_user("edward");
    clock.advance(HOUR);
    sandbox.clock().advance(HOUR);
    Ok((connect, sandbox))
}

/// Visits an app to which `user` is signed in.
async fn visit(
    connect: &Connect,
    user: &'static str,
    request: Builder,
) -> Result<Response<Body>, BoxError> {
    let app_user = move |_: &Parts| ready(Subject::parse(user).map(Some).map_err(BoxError::from));
    let app = Router::new().layer(ConnectLayer::new(connect.clone(), app_user));
    let request = request
        .header(HOST, "localhost:3000")
        .header(ORIGIN, HERE)
        .header(ACCEPT, "text/html");
    Ok(app.oneshot(request.body(Body::empty())?).await?)
}

fn field<'a>(response: &'a Response<Body>, name: &HeaderName) -> &'a str {
    let value = response.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
