//! `GET logout` asks, `POST logout` ends the session. Sign-in mode only.

use http::StatusCode;

use crate::error::Rejection;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::session;
use crate::web::reply::go;
use crate::web::request::{Request, form, query};
use crate::web::security::{require_method, require_same_origin};
use crate::web::state::Web;

/// Asks or ends. Other methods, and a `GET` by a script or an image, are 405 (docs/attacks.md
/// T107).
///
/// # Errors
///
/// 405, and those of [`ask`] and [`end`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    match request.method.as_str() {
        "POST" => end(web, request).await,
        "GET" if request.context.audience == Audience::Page => ask(web, request).await,
        _ => {
            require_method(request, &[], "GET, POST")?;
            Err(Rejection::NotFound)
        }
    }
}

/// Asks before the session is ended. Navigations from other sites do not get here: the page would
/// tell them whether the visitor is signed in (docs/decisions/0067).
///
/// # Errors
///
/// [`Rejection::Store`].
async fn ask(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    let config = &web.ports.config;
    let session = session::current(&web.ports, request.context.session_key()).await?;
    let wanted = query(request)
        .one("return_to")
        .and_then(|place| config.return_to.accept(place));
    let page = Page::Logout {
        action: &web.route("logout", &[]),
        return_to: wanted
            .as_ref()
            .unwrap_or(&config.default_return_to)
            .as_str(),
        account: session
            .as_ref()
            .map(|session| session.profile.display_name()),
        home_url: config.home(),
    };
    Ok(web.page(StatusCode::OK, &page, &request.context))
}

/// Ends the session that the request shows, or with `everywhere=true` all sessions of its account.
///
/// The proof of origin is checked first (docs/attacks.md T108, T109), then the body. Navigations
/// and htmx go on to `return_to` or the default target (T074), scripts get 204. A request that
/// shows no session gets the same answer, without a read of the store. The cookies that are removed
/// are those of the credential that was shown; a bearer token is in no cookie.
///
/// # Errors
///
/// 403, 400; [`Rejection::Store`] if the session may still be there. The cookie then stays, so that
/// the visitor can try again (docs/decisions/0029).
async fn end(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_same_origin(web, request)?;
    let config = &web.ports.config;
    let form = form(request)?;
    let place = form
        .one("return_to")
        .and_then(|place| config.return_to.accept(place));
    let place = place.unwrap_or_else(|| config.default_return_to.clone());
    let reply = match request.context.audience {
        Audience::Fetch => Reply::new(StatusCode::NO_CONTENT),
        audience => go(audience, place.as_str()),
    };
    let Some(credential) = &request.context.session else {
        return Ok(reply);
    };
    let cookies = match (
        form.one("everywhere"),
        session::current(&web.ports, Some(credential.key())).await?,
    ) {
        (Some("true"), Some(session)) => session::end_all(&web.ports, session.account()).await?,
        _ => session::end(&web.ports, credential.key()).await?,
    };
    Ok(credential
        .removal(cookies)
        .iter()
        .fold(reply, Reply::cookie))
}
