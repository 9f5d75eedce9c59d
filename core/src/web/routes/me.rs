//! `GET me`: who is signed in. Sign-in mode only.

use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Value, json};

use crate::error::{GrantError, Rejection};
use crate::grant::{self, GrantSet, Holder};
use crate::message::Reply;
use crate::sites::{self, SiteSelection};
use crate::store::GrantRecord;
use crate::web::reply::json::{self, site_json};
use crate::web::reply::reject;
use crate::web::request::{Context, Request, query, signed_in};
use crate::web::security::{require_method, require_readable};
use crate::web::state::Web;

/// Says who is signed in, always as JSON: failures too, and for navigations too. Never a redirect
/// (docs/decisions/0071).
///
/// With `optional=true` a visitor who is not signed in gets 200 with `account_id: null` and the
/// address of the login, so that pages which only want to know cause no error in the browser's
/// console.
///
/// # Errors
///
/// None: rejections are rendered here, as problems.
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    let result = tell(web, request).await;
    if matches!(result, Err(Rejection::NotSignedIn))
        && query(request).one("optional") == Some("true")
    {
        let login_url = web.seen_from(&request.context, web.login_url(None));
        let signed_out = json!({ "account_id": null, "login_url": login_url });
        return Ok(json::reply(StatusCode::OK, &signed_out));
    }
    Ok(result.unwrap_or_else(|rejection| {
        let context = Context {
            origin: request.context.origin.clone(),
            ..Context::anonymous_script()
        };
        reject(web, &rejection, &context, None)
    }))
}

/// Answers for the account that is signed in: profile, scopes, site, and the seconds that are left.
/// No token (docs/attacks.md T142).
///
/// `scopes`, `token` and `consent` are `null` if the account has no grant, and `site` if there is
/// none, or several and none is chosen, or if they cannot be read: only a store that fails is an
/// error.
///
/// # Errors
///
/// 405; [`Rejection::Forbidden`] for reads from other sites; [`Rejection::NotSignedIn`];
/// [`Rejection::Store`].
async fn tell(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    require_readable(web, request)?;
    let session = signed_in(web, request).await?;
    let holder = Holder::of(session.account());
    let grants = match GrantSet::load(&web.ports, &holder).await {
        Ok(grants) => Some(grants),
        Err(GrantError::ConsentNeeded(_)) => None,
        Err(other) => return Err(other.into()),
    };
    let selection = SiteSelection {
        chosen: session.site.as_ref(),
        named: None,
    };
    let site = match sites::site_for(&web.ports, &holder, selection).await {
        Ok(site) => Some(site_json(&site, true, &[])),
        Err(Rejection::Store(error)) => return Err(Rejection::Store(error)),
        Err(_none) => None,
    };
    let scopes = grants.as_ref().map(GrantSet::scopes);
    let grant = grants.as_ref().map(GrantSet::newest);
    let body = json!({
        "account_id": session.account().as_str(),
        "profile": *session.profile,
        "scopes": scopes.as_ref().map(|scopes| scopes.iter().collect::<Vec<_>>()),
        "site": site,
        "session": { "seconds_left": seconds_left(web, session.expires_at) },
        "token": grant.map(|grant| json!({ "seconds_left": seconds_left(web, grant.tokens.expires_at) })),
        "consent": grant.map(|grant| consent(web, grant)),
    });
    Ok(json::reply(StatusCode::OK, &body))
}

/// How long the consent lasts, and whether only a new one helps.
fn consent(web: &Web, grant: &GrantRecord) -> Value {
    let end = grant::consent_by(&web.ports.config, grant);
    json!({
        "needed": grant.consent_needed.map(|mark| mark.reason.as_str()),
        "seconds_left": seconds_left(web, end),
    })
}

/// The seconds until an end; 0 if it has passed. Not a point in time, because clocks of browsers
/// are wrong.
fn seconds_left(web: &Web, end: SystemTime) -> u64 {
    let left = end.duration_since(web.ports.now());
    left.unwrap_or_default().as_secs()
}
