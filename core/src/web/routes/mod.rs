//! One function per route.
//!
//! Each checks first what the request must prove (method, origin, navigation), then reads what it
//! needs, and then acts. A check that fails is a [`Rejection`], which the caller renders. Which
//! routes an app has, its mode and its settings decide; the others never get here (see
//! [`Route`]).

mod account;
mod callback;
mod connect;
mod connections;
mod disconnect;
mod done;
mod error;
mod go_on;
mod login;
mod login_params;
mod logout;
mod me;
mod openapi;
pub(crate) mod proxy;
mod redeem;
mod sessions;
mod sites;
mod token;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::{Request, Route, meant};
use crate::web::security::cross_site;
use crate::web::state::Web;

/// Runs a route. Navigations from other sites to pages that depend on the visitor never reach it
/// (docs/decisions/0067).
///
/// # Errors
///
/// [`Rejection::NoSuchRoute`] for a path under the prefix that is no route, and those of the route.
pub(crate) async fn run(
    web: &Arc<Web>,
    route: Option<&Route>,
    request: &Request,
) -> Result<Reply, Rejection> {
    if request.context.cookies_unread {
        return Err(Rejection::TooManyCookies);
    }
    if let Some(nest) = &request.nest {
        warn_of_nest(web, nest);
    }
    if let Some(answer) = cross_site::same_page_for_all(web, route, request) {
        return answer;
    }
    match route {
        Some(Route::Api(call)) => proxy::run(web, request, call).await,
        Some(Route::Token) => token::run(web, request).await,
        Some(Route::Redeem) => redeem::run(web, request).await,
        Some(Route::Done) => done::run(web, request).await,
        Some(Route::Script) => done::script(request),
        Some(Route::OpenApi) => openapi::run(web, request),
        None => Err(no_such_route(web, request)),
        Some(Route::Login) => login::run(web, request).await,
        Some(Route::Callback) => callback::run(web, request).await,
        Some(Route::Logout) => logout::run(web, request).await,
        Some(Route::Me) => me::run(web, request).await,
        Some(Route::Sites) => sites::list(web, request).await,
        Some(Route::Site) => sites::choose(web, request).await,
        Some(Route::Sessions) => sessions::list(web, request).await,
        Some(Route::SessionOf(handle)) => sessions::end(web, request, handle).await,
        Some(Route::Connect) => connect::run(web, request).await,
        Some(Route::Connections) => connections::run(web, request).await,
        Some(Route::Disconnect) => disconnect::run(web, request).await,
        Some(Route::Continue) => go_on::run(web, request),
        Some(Route::Error) => error::run(web, request).await,
    }
}

/// The layer is inside a nested router of which the mount path says nothing. That is right behind a proxy that adds the path of
/// the router, and a mistake otherwise: then browsers are sent to addresses without that path.
fn warn_of_nest(web: &Web, nest: &str) {
    if !web.warned.of_nest.swap(true, Ordering::Relaxed) {
        let nest: String = nest.chars().take(128).collect();
        tracing::warn!(target: "threelo", nest = ?nest, "the auth layer is inside a nested router, and browsers are sent to addresses without its path: set mounted_at (THREELO_MOUNTED_AT) to it, or serve `auth_routes` on the outermost router; if a proxy adds that path, all is well");
    }
}

/// A path under the prefix that is no route. The first of its kind is logged as a warning: the developer may have
/// written a route of the app there, or somebody on the way changes the callback's path.
fn no_such_route(web: &Web, request: &Request) -> Rejection {
    let sign_in = web.route("login", &[]);
    if web.ports.config.mode.is_connect() && sign_in.ends_with(&request.path) {
        return Rejection::ConnectInstead;
    }
    let (path, prefix) = (&*request.path, &*web.ports.config.prefix);
    let path: String = path.chars().take(128).collect();
    let meant = meant(&web.ports.config, &path);
    let expected = meant.map(|name| web.route(name, &[]));
    match expected {
        Some(expected) if !web.warned.of_callback.swap(true, Ordering::Relaxed) => {
            tracing::warn!(target: "threelo", path = ?path, expected, "no such auth route: the path must be exactly the expected one, also in the callback URL at Atlassian and behind every proxy");
        }
        None if !web.warned.of_route.swap(true, Ordering::Relaxed) => {
            tracing::warn!(target: "threelo", path = ?path, prefix, "no such auth route: every path under the prefix is threelo's, so that a route of the app's there is never reached; give the app's route another path, or set another prefix");
        }
        _ => {}
    }
    Rejection::NoSuchRoute { meant }
}
