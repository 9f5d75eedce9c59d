//! The parameters of routes that start a login.

use crate::config::SiteRelation;
use crate::flow::LoginRequest;
use crate::ids::AccountId;
use crate::message::query::Query;
use crate::scope::Scopes;
use crate::session::Handoff;
use crate::web::state::Web;

/// A flow of an account that is known: it asks for all that was ever asked for, because a consent replaces the one
/// before.
pub(crate) fn more(login: LoginRequest, account: &AccountId, wanted: &Scopes) -> LoginRequest {
    login.account(account).scopes(wanted.iter())
}

/// What the app asks for today: a scope that it has dropped may be gone from the console, and Atlassian would refuse.
pub(crate) fn askable(web: &Web, wanted: &Scopes) -> Scopes {
    let askable = web.ports.config.askable();
    wanted
        .iter()
        .filter(|scope| askable.contains(scope))
        .collect()
}

/// Scopes only as far as the app offers them.
pub(crate) fn offered(web: &Web, query: &Query) -> Vec<String> {
    let offered = &web.ports.config.optional_scopes;
    let scopes = query.one("scope").unwrap_or_default();
    let scopes = scopes.split_ascii_whitespace();
    scopes
        .filter(|scope| offered.contains(scope))
        .map(str::to_owned)
        .collect()
}

/// The page of a listed origin that waits for the end: in a window of its own (`display=popup`), or, on another site, for
/// the visitor to come back with a ticket (`challenge`).
pub(crate) fn handoff(web: &Web, query: &Query) -> Option<Handoff> {
    let origin = query.one("origin")?;
    let origin = web.ports.config.browsers.origin(origin.as_bytes())?;
    let asked = query
        .one("challenge")
        .filter(|text| Handoff::is_challenge(text));
    let challenge = asked.filter(|_| origin.relation == SiteRelation::CrossSite);
    let popup = query.one("display") == Some("popup");
    (popup || challenge.is_some()).then(|| Handoff {
        origin: origin.text.to_string(),
        challenge: challenge.map(str::to_owned),
        popup,
    })
}
