//! The app under test, whatever its framework is.

use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};
use threelo::Auth;

/// An app that answers requests in process. Each framework serves the same routes:
///
/// | path | what it does |
/// |---|---|
/// | `/` | the name of whoever is signed in, or `nobody` |
/// | `/public` | asks for nothing |
/// | `/user`, `/profile`, `/board` | user's name, profile as JSON, site's name; `POST /board` needs a user |
/// | `/bye` | ends the session |
/// | `/myself` | `GET` calls Jira; `POST` calls it with an optional scope |
/// | `/start`, `/start-with-too-much` | a login with details: `ticket 17`, and 1500 letters |
/// | `/login-only`, `/site-only`, `/writers`, `/own-pages` | behind a guard each |
pub trait App: Clone + Send + Sync + 'static {
    /// The routes, with auth around them.
    fn new(auth: &Auth) -> Self;

    /// The routes, with auth forgotten.
    fn without_auth() -> Self;

    /// No routes; every path asks for a user.
    fn for_users_only(auth: &Auth) -> Self;

    /// The routes under `/tool`, with auth around them only.
    fn under_tool(auth: &Auth) -> Self;

    /// Serves the routes, with auth around them, on a free port of loopback as long as the process runs.
    fn listen(auth: &Auth) -> impl Future<Output = u16> + Send;

    /// The line that a forgotten layer's error names.
    const REMEDY: &'static str;

    /// Answers one request.
    fn call(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>> + Send;
}
