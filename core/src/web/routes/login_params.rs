//! The parameters of the routes that start a login. They come from an address that anyone may have
//! written, so that each is limited to what the app offers or lists.

use crate::config::SiteRelation;
use crate::flow::LoginRequest;
use crate::ids::AccountId;
use crate::message::query::Query;
use crate::scope::Scopes;
use crate::session::Handoff;
use crate::web::state::Web;

/// Binds a login to an account that is known, and lets it ask for all scopes that the account ever
/// granted: at Atlassian a consent replaces the one before, and would lose what it does not name
/// (docs/decisions/0040).
pub(crate) fn more(login: LoginRequest, account: &AccountId, wanted: &Scopes) -> LoginRequest {
    login.account(account).scopes(wanted.iter())
}

/// Leaves out the scopes that the app does not ask for any more: they may be gone from the
/// developer console, and Atlassian would refuse the whole request.
pub(crate) fn askable(web: &Web, wanted: &Scopes) -> Scopes {
    let askable = web.ports.config.askable();
    wanted
        .iter()
        .filter(|scope| askable.contains(scope))
        .collect()
}

/// Returns the scopes of `scope` that the app lists as optional. Others are left out silently
/// (docs/attacks.md T058).
pub(crate) fn offered(web: &Web, query: &Query) -> Vec<String> {
    let offered = &web.ports.config.optional_scopes;
    let scopes = query.one("scope").unwrap_or_default();
    let scopes = scopes.split_ascii_whitespace();
    scopes
        .filter(|scope| offered.contains(scope))
        .map(str::to_owned)
        .collect()
}

/// Returns the page of a listed origin that waits for the end of the login: in a popup
/// (`display=popup`), or, on another site, for the visitor to come back with a ticket
/// (`challenge`).
///
/// `None` for origins that are not listed, and for requests that ask for neither. Only origins of
/// other sites can have a ticket, so that a challenge of the same site is left out.
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
