//! The app under test, on any framework.

use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};
use threelo::{Auth, BoxError, Connect, Subject};

/// The fields in which the handler of `/bye` tells caches to keep its reply.
pub(crate) const CACHED: [&str; 3] = ["cache-control", "cdn-cache-control", "surrogate-control"];

/// An app that answers requests in process. Each framework serves the same routes:
///
/// | path | what it does |
/// |---|---|
/// | `/` | the name of the signed-in user, or `stranger` |
/// | `/public` | asks for nothing |
/// | `/user`, `/profile`, `/board` | user's name, profile as JSON, site's name; `POST /board` needs a user |
/// | `/bye`, `/bye-everywhere` | end the session, all sessions |
/// | `/my-sessions` | the handles of the account's sessions; with `?end=` ends one |
/// | `/myself` | `GET` calls Jira; `POST` calls it with an optional scope |
/// | `/start`, `/start-with-too-much` | a login with details: `ticket 17`, and 1500 letters |
/// | `/login-only`, `/site-only`, `/writers`, `/own-pages` | behind a guard each |
pub trait App: Clone + Send + Sync + 'static {
    /// The routes, with auth around them.
    fn new(auth: &Auth) -> Self;

    /// The routes, with auth around them twice.
    fn new_twice(auth: &Auth) -> Self;

    /// The routes, with auth forgotten.
    fn without_auth() -> Self;

    /// No routes; every path asks for a user.
    fn for_users_only(auth: &Auth) -> Self;

    /// The routes under `/tool`, with auth around them only.
    fn under_tool(auth: &Auth) -> Self;

    /// The routes under `/app`, with auth around them only, and the auth routes beside them if `has_routes`. The mount
    /// path says nothing of that.
    fn under_app(auth: &Auth, has_routes: bool) -> Self;

    /// Serves the routes, with auth around them, on a free port of loopback as long as the process runs.
    fn listen(auth: &Auth) -> impl Future<Output = u16> + Send;

    /// An app with users of its own, who connect Atlassian accounts: the cookie `app-user` or `strict-user` names the user
    /// ([`subject_of`]).
    ///
    /// | path | what it does |
    /// |---|---|
    /// | `/public` | asks for nothing |
    /// | `/connections` | the names of the connected accounts, a line each |
    /// | `/board`, `/myself` | the site's name; `GET` calls Jira, `POST` files an issue with an optional scope |
    /// | `/of?account=…` | calls Jira for one of several accounts |
    /// | `/start` | a flow with details, `ticket 17`, started by a handler |
    /// | `/start-unasked` | the same by a handler that does not ask for the user |
    /// | `/user` | asks for what connect mode has not |
    /// | `/login-only`, `/writers` | behind a guard each |
    fn connecting(connect: &Connect) -> Self;

    /// Serves that app on a free port of loopback as long as the process runs.
    fn listen_connecting(connect: &Connect) -> impl Future<Output = u16> + Send;

    /// The line that a forgotten layer's error names.
    const REMEDY: &'static str;

    /// Answers one request.
    fn call(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>> + Send;
}

/// Who the user of a connecting app is: an app's own session, as simple as can be. The user `broken` breaks it.
///
/// # Errors
///
/// For the user `broken`.
pub fn subject_of(cookies: Option<&str>) -> Result<Option<Subject>, BoxError> {
    let pairs = cookies.unwrap_or_default().split("; ");
    let user = pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| matches!(*name, "app-user" | "strict-user"));
    match user {
        Some((_, "broken")) => Err("the app's session store is down".into()),
        Some((_, user)) => Ok(Some(Subject::parse(user)?)),
        None => Ok(None),
    }
}
