//! `POST redeem`: a session for a handoff ticket, for code on another site (docs/decisions/0064).

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::config::{BrowserOrigin, SiteRelation};
use crate::error::Rejection;
use crate::ids::HandoffTicket;
use crate::message::Reply;
use crate::message::cookie::SetCookie;
use crate::session::{self, SessionKind, SharedSession, partitioned_cookie_name};
use crate::store::SessionRecord;
use crate::web::reply::json;
use crate::web::request::{BEARER, Credential, Request, form};
use crate::web::security::{require_method, require_same_origin};
use crate::web::state::Web;

/// Redeems a ticket.
///
/// Checked in this order: the method; that the request comes from a listed origin of another site;
/// its proof (`X-Threelo`); the fields; and then the ticket, which must be of this app and not
/// older than a minute, made for this origin, with a challenge that `verifier` matches (as in PKCE,
/// RFC 7636 section 4.6), for a session that still lives, and not redeemed before. A ticket of
/// Mallory's flow does not sign her victim in, because the victim's page does not have her
/// verifier.
///
/// The session is delivered in a partitioned cookie, or with `deliver=bearer` as a token, if the
/// app allows it and the origin is not a web site: there an injected script could carry the token
/// away (docs/decisions/0027).
///
/// # Errors
///
/// 405; [`Rejection::Forbidden`]; [`Rejection::BadRequest`] for missing or wrong fields, and the
/// ticket is not spent; [`Rejection::Ticket`] whatever is wrong with the ticket;
/// [`Rejection::Store`],
/// [`Rejection::NoRandomness`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["POST"], "POST")?;
    let origin = request.context.origin.as_ref();
    let origin = origin.filter(|origin| origin.relation == SiteRelation::CrossSite);
    let origin = origin.ok_or(Rejection::Forbidden)?;
    require_same_origin(web, request)?;
    let form = form(request)?;
    let (Some(ticket), Some(verifier)) = (form.one("ticket"), form.one("verifier")) else {
        return Err(Rejection::BadRequest("give ticket and verifier"));
    };
    let is_bearer = match form.one("deliver") {
        None | Some("cookie") => false,
        Some("bearer") if !web.ports.config.browsers.bearer_sessions => {
            return Err(Rejection::BadRequest("the app allows no bearer sessions"));
        }
        Some("bearer") if origin.is_web_site() => {
            return Err(Rejection::BadRequest(
                "bearer sessions are for extensions and desktop apps; a web site gets a cookie",
            ));
        }
        Some("bearer") => true,
        Some(_) => return Err(Rejection::BadRequest("deliver is cookie or bearer")),
    };
    let session = session::redeem(
        &web.ports,
        &HandoffTicket::new(ticket),
        &origin.text,
        verifier,
    )
    .await?;
    tracing::info!(target: "threelo", is_bearer, "a handoff ticket was redeemed");
    match is_bearer {
        true => bearer(web, &session).await,
        false => cookie(web, request, &session, origin).await,
    }
}

/// Makes a bearer session and returns its token, once. `expires_in` is in seconds: it ends when the
/// session would that the ticket was made of.
///
/// # Errors
///
/// Those of [`session::share`].
async fn bearer(web: &Web, session: &SessionRecord) -> Result<Reply, Rejection> {
    let share = session::share(&web.ports, session, SessionKind::Bearer).await?;
    let body = json!({
        "token": format!("{BEARER}{}", share.token.encode()),
        "token_type": "Bearer",
        "expires_in": left(web, &share).as_secs(),
    });
    Ok(json::reply(StatusCode::OK, &body))
}

/// Makes a session in the partitioned cookie of the origin, and ends the one that the cookie had.
/// The script learns how long it lasts, not its token.
///
/// # Errors
///
/// Those of [`session::share`].
async fn cookie(
    web: &Web,
    request: &Request,
    session: &SessionRecord,
    origin: &BrowserOrigin,
) -> Result<Reply, Rejection> {
    let kind = SessionKind::Partitioned {
        origin: &origin.text,
    };
    let share = session::share(&web.ports, session, kind).await?;
    let life = left(web, &share).as_secs();
    let name = partitioned_cookie_name(&web.ports.config, &origin.text);
    let cookie = SetCookie::new(&name, &share.token.encode(), true);
    // The session that the cookie held ends, as at a login. If the store fails, it expires later.
    if let Some(Credential::Partitioned(old, _)) = &request.context.session {
        let _stays = session::end(&web.ports, old).await;
    }
    let reply = json::reply(StatusCode::OK, &json!({ "expires_in": life }));
    Ok(reply.cookie(&cookie.partitioned().max_age(life)))
}

/// How long the session lasts from now; zero if it has ended.
fn left(web: &Web, share: &SharedSession) -> Duration {
    let left = share.expires_at.duration_since(web.ports.now());
    left.unwrap_or_default()
}
