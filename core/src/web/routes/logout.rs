//! `GET logout`, `POST logout`

use http::StatusCode;

use crate::error::Rejection;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::session;
use crate::web::reply::go;
use crate::web::request::{Request, form, query};
use crate::web::security::{require_method, require_same_origin};
use crate::web::state::Web;

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
    Ok(web.page(StatusCode::OK, &page))
}

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
