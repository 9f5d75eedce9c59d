//! `GET login`: starts a login. Sign-in mode only.

use crate::error::{GrantError, Rejection};
use crate::flow::LoginRequest;
use crate::grant::{GrantSet, Holder};
use crate::message::{FetchMetadata, Reply};
use crate::provider::site::site_name;
use crate::session;
use crate::web::reply::{ask_first, go, start_login};
use crate::web::request::{NAMED, Request, other_name, query};
use crate::web::routes::login_params::{askable, handoff, more, offered};
use crate::web::security::start::Start;
use crate::web::security::{require_method, require_navigation};
use crate::web::state::Web;

/// Starts a login and sends the browser to Atlassian.
///
/// Checked in this order: the method (405); that it is a navigation of a whole window and no
/// prefetch (docs/attacks.md T036, T037); the host name, which sends a visitor of another name of
/// the app to the public one; and that the user's own click or address bar began it (T015), a click if
/// another site's link asks for a site or a longer session. The last gets a page that asks, and
/// starts nothing. All of that needs no store; only `account=same` reads
/// the session.
///
/// # Errors
///
/// Those of [`require_method`] and [`require_navigation`]; [`Rejection::Store`] with
/// `account=same`; those of [`start_login`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    require_navigation(request)?;
    let start = gate(request);
    start.check()?;
    if let Some(name) = other_name(&web.ports.config, &request.head())
        && !is_marked(request)
    {
        let before = request.query.as_deref();
        let before = before.map(|query| format!("{query}&")).unwrap_or_default();
        let here = format!("{}?{before}{NAMED}=1", web.route("login", &[]));
        return Ok(go(
            request.context.audience,
            &web.at_public_url(&name, &here),
        ));
    }
    if start == Start::Asked {
        return Ok(ask_again(web, request));
    }
    let login = wanted(web, request);
    let login = match query(request).one("account") {
        Some("same") => same_account(web, request, login).await?,
        _ => login,
    };
    start_login(web, &login, &request.context, None)
}

/// Reads what the address asks for: `return_to` (checked when the flow starts), `scope` as far as
/// the app offers it (docs/attacks.md T058), `site` if it can name one, `remember=true`, and what
/// a page of another origin adds that waits for the end. Of a parameter that comes twice none
/// counts (T072).
fn wanted(web: &Web, request: &Request) -> LoginRequest {
    let query = query(request);
    let mut login = LoginRequest::new();
    if let Some(place) = query.one("return_to") {
        login = login.return_to(place);
    }
    if let Some(site) = query.one("site").and_then(site_name) {
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

/// Whether the request was sent to the public URL before. The raw query tells, also one that is too large to be read.
fn is_marked(request: &Request) -> bool {
    let query = request.query.as_deref().unwrap_or_default();
    query.split('&').any(|pair| pair.starts_with(NAMED))
}

/// Whether the request may start a login. If another site's link asks for more than where to go, the
/// wish is obeyed only after a click on a page of ours (docs/attacks.md T015).
fn gate(request: &Request) -> Start {
    let head = request.head();
    let fetch = FetchMetadata::of(&head);
    let query = query(request);
    let wishes = ["site", "remember"]
        .iter()
        .any(|name| query.one(name).is_some());
    match Start::of(&request.method, &fetch, false) {
        Start::Allowed if wishes && fetch.is_from_elsewhere() => Start::Asked,
        start => start,
    }
}

/// Asks before a login that another site began. The link on the page leads here again, with the
/// same parameters.
fn ask_again(web: &Web, request: &Request) -> Reply {
    let query = request
        .query
        .as_deref()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    ask_first(
        web,
        &format!("{}{query}", web.route("login", &[])),
        &request.context,
    )
}
