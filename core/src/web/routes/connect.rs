//! `POST connect`: starts a flow in connect mode.

use crate::error::Rejection;
use crate::flow::LoginRequest;
use crate::grant;
use crate::message::Reply;
use crate::provider::site::site_name;
use crate::web::reply::{Place, start_login, started};
use crate::web::request::{Request, form, other_name, return_target};
use crate::web::routes::login_params::{askable, handoff, more, offered};
use crate::web::security::{require_method, require_same_origin};
use crate::web::state::Web;

/// Starts a flow for the app's user.
///
/// Checked in this order: the method, so that no link starts a flow (docs/attacks.md T003, T013);
/// the proof of origin (T110); the body; the host name, which leads a visitor of another name of
/// the app to the page with the button; and the app's user, to whom the flow is bound
/// (docs/decisions/0032).
///
/// The form may have `return_to`, `scope` (as far as the app offers it), `site` (if it can
/// name one), `account` (one that is linked: then only that one may come back, and the flow asks for
/// all that it ever granted and the app still asks for), and what a page of another origin adds
/// that waits for the end. The answer is a redirect to Atlassian; for scripts 200 with `location`.
///
/// # Errors
///
/// 405, 403 and 400 as above; [`Rejection::NotSignedIn`] and [`Rejection::Subject`] for the user;
/// [`Rejection::NotConnected`] for an account that is not linked; [`Rejection::Store`] and
/// [`Rejection::NoRandomness`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["POST"], "POST")?;
    require_same_origin(web, request)?;
    let form = form(request)?;
    // A page that says where it is, is believed before any proxy.
    let is_here = request.head().is("origin", web.origin.as_bytes());
    if let Some(name) = other_name(&web.ports.config, &request.head()).filter(|_| !is_here) {
        let place = return_target(web, form.one("return_to"));
        let elsewhere = web.more_url(
            &[],
            Place {
                here: place.as_ref(),
                account: form.one("account"),
            },
        );
        let elsewhere = web.at_public_url(&name, &elsewhere);
        return Ok(started(&request.context, &elsewhere));
    }
    let subject = request.subject.required()?;
    let mut login = LoginRequest::new()
        .scopes(offered(web, &form))
        .handoff(handoff(web, &form));
    if let Some(place) = form.one("return_to") {
        login = login.return_to(place);
    }
    if let Some(site) = form.one("site").and_then(site_name) {
        login = login.site(site);
    }
    if let Some(account) = form.one("account").filter(|account| !account.is_empty()) {
        let linked = grant::of_subject(&web.ports, subject).await?;
        let known = linked.iter().find(|set| set.account().as_str() == account);
        let set = known.ok_or(Rejection::NotConnected)?;
        login = more(login, set.account(), &askable(web, &set.wanted()));
    }
    start_login(web, &login, &request.context, Some(subject))
}
