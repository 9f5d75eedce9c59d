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

use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::{Request, Route};
use crate::web::security::cross_site;
use crate::web::state::Web;

/// Runs a route. Navigations from other sites to pages that depend on the visitor never reach it
/// (docs/decisions/0067).
///
/// # Errors
///
/// [`Rejection::NotFound`] for a path under the prefix that is no route, and those of the route.
pub(crate) async fn run(
    web: &Arc<Web>,
    route: Option<&Route>,
    request: &Request,
) -> Result<Reply, Rejection> {
    if request.context.cookies_unread {
        return Err(Rejection::TooManyCookies);
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
        None => Err(Rejection::NotFound),
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
        Some(Route::Error) => error::run(web, request).await,
    }
}
