//! `GET login`

use http::StatusCode;

use crate::error::{GrantError, Rejection};
use crate::flow::LoginRequest;
use crate::grant::{GrantSet, Holder};
use crate::message::Reply;
use crate::pages::Page;
use crate::session;
use crate::web::reply::{go, start_login};
use crate::web::request::{Request, other_loopback_name, query};
use crate::web::routes::login_params::{askable, handoff, more, offered};
use crate::web::security::{require_method, require_navigation};
use crate::web::state::Web;

pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    require_navigation(request)?;
    if let Some(origin) = other_loopback_name(web, request) {
        let query = request.query.as_deref();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let elsewhere = format!("{origin}{}{query}", web.route("login", &[]));
        return Ok(go(request.context.audience, &elsewhere));
    }
    if is_pushed(request) {
        return Ok(ask_first(web, request));
    }
    let login = wanted(web, request);
    let login = match query(request).one("account") {
        Some("same") => same_account(web, request, login).await?,
        _ => login,
    };
    start_login(web, &login, &request.context, None)
}

/// What the address asks for: scopes only as far as the app offers them.
fn wanted(web: &Web, request: &Request) -> LoginRequest {
    let query = query(request);
    let mut login = LoginRequest::new();
    if let Some(place) = query.one("return_to") {
        login = login.return_to(place);
    }
    if let Some(site) = query.one("site").filter(|site| site.len() <= 256) {
        login = login.site(site);
    }
    login = login.handoff(handoff(web, &query));
    let remember = query.one("remember") == Some("true");
    login.remember(remember).scopes(offered(web, &query))
}

/// Whoever is signed in asks for more: nobody else may come back, and a session that was to live longer does so again.
async fn same_account(
    web: &Web,
    request: &Request,
    login: LoginRequest,
) -> Result<LoginRequest, Rejection> {
    let session = session::current(&web.ports, request.context.session_key()).await?;
    let Some(session) = session else {
        return Ok(login);
    };
    let login = match session.remembered {
        true => login.remember(true),
        false => login,
    };
    match GrantSet::load(&web.ports, &Holder::of(session.account())).await {
        Ok(set) => Ok(more(login, session.account(), &askable(web, &set.wanted()))),
        Err(GrantError::Store(error)) => Err(error.into()),
        Err(_none) => Ok(login.account(session.account())),
    }
}

/// Whether a page of another site sent the browser here without a click: then a person is asked first.
fn is_pushed(request: &Request) -> bool {
    let head = request.head();
    let from_elsewhere = matches!(
        head.first("sec-fetch-site"),
        Some(b"cross-site" | b"same-site")
    );
    from_elsewhere && !head.is("sec-fetch-user", b"?1")
}

fn ask_first(web: &Web, request: &Request) -> Reply {
    let query = request
        .query
        .as_deref()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let login_url = format!("{}{query}", web.route("login", &[]));
    web.page(
        StatusCode::OK,
        &Page::Continue {
            login_url: &login_url,
            home_url: web.ports.config.home(),
        },
    )
}
