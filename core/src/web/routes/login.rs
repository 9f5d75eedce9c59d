//! `GET login`: starts a login. Sign-in mode only.

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

/// Starts a login and sends the browser to Atlassian.
///
/// Checked in this order: the method (405); that it is a navigation of a whole window and no
/// prefetch (docs/attacks.md T036, T037); the host name, which sends a visitor of another loopback
/// name to the public one; and that the user's own click or address bar began it (T015). The last
/// gets a page that asks, and starts nothing. All of that needs no store; only `account=same` reads
/// the session.
///
/// # Errors
///
/// Those of [`require_method`] and [`require_navigation`]; [`Rejection::Store`] with
/// `account=same`; those of [`start_login`].
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

/// Reads what the address asks for: `return_to` (checked when the flow starts), `scope` as far as
/// the app offers it (docs/attacks.md T058), `site` of 256 bytes at most, `remember=true`, and what
/// a page of another origin adds that waits for the end. Of a parameter that comes twice none
/// counts (T072).
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

/// Binds the login to the account that is signed in: only that one may come back, and the session
/// stays if another one does (docs/decisions/0023).
///
/// It asks for all scopes that were ever granted, and a session that lives longer (`remember`) does
/// so again. A visitor who is not signed in gets a plain login.
///
/// # Errors
///
/// [`Rejection::Store`]: a login that is not bound, instead, could change who is signed in.
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

/// Whether a page of another site sent the browser here without a click. Browsers without
/// `Sec-Fetch-Site` are not recognized; their flow is bound to the browser all the same.
fn is_pushed(request: &Request) -> bool {
    let head = request.head();
    let from_elsewhere = matches!(
        head.first("sec-fetch-site"),
        Some(b"cross-site" | b"same-site")
    );
    from_elsewhere && !head.is("sec-fetch-user", b"?1")
}

/// Asks before a login that another site began. The link on the page leads here again, with the
/// same parameters, and its click is the user's own.
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
