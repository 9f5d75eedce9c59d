//! `GET me`

use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Value, json};

use super::{allow, readable, signed_in};
use crate::error::{GrantError, Rejection};
use crate::flow::{self, Holder, Reach};
use crate::message::{Audience, Reply};
use crate::store::GrantRecord;
use crate::web::answer::Request;
use crate::web::{Context, Web, json, reject};

/// Who is signed in, as JSON for everybody: never a redirect.
pub(super) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    let result = tell(web, request).await;
    Ok(result.unwrap_or_else(|rejection| {
        let context = Context {
            audience: Audience::Fetch,
            ..empty_context()
        };
        reject(web, &rejection, (&context, None))
    }))
}

fn empty_context() -> Context {
    Context {
        audience: Audience::Fetch,
        is_safe: true,
        target: String::new(),
        stands_at: None,
        session: None,
        flows: Vec::new(),
        named_site: None,
        notice: None,
    }
}

async fn tell(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["GET", "HEAD"], "GET, HEAD")?;
    readable(request)?;
    let session = signed_in(web, request).await?;
    let holder = Holder::of(session.account());
    let reach = match Reach::load(&web.ports, &holder).await {
        Ok(reach) => Some(reach),
        Err(GrantError::ConsentNeeded(_)) => None,
        Err(other) => return Err(other.into()),
    };
    let site = match flow::site_for(&web.ports, &holder, (session.site.as_ref(), None)).await {
        Ok(site) => Some(super::sites::as_json(&site, true, &[])),
        Err(Rejection::Store(error)) => return Err(Rejection::Store(error)),
        Err(_none) => None,
    };
    let state = reach
        .as_ref()
        .map(|reach| grant_as_json(web, reach.newest()));
    let scopes = reach.as_ref().map(Reach::scopes);
    let left = session
        .expires_at
        .duration_since(web.ports.now())
        .unwrap_or_default();
    let body = json!({
        "account_id": session.account().as_str(),
        "profile": *session.profile,
        "scopes": scopes.as_ref().map(|scopes| scopes.iter().collect::<Vec<_>>()),
        "site": site,
        "grant": state,
        "expires_in": left.as_secs(),
    });
    Ok(json::reply(StatusCode::OK, &body))
}

/// How long the grant lasts, in seconds from now, and whether only a new consent helps.
fn grant_as_json(web: &Web, grant: &GrantRecord) -> Value {
    let ports = &web.ports;
    let consent_by = flow::consent_by(&ports.config, grant);
    let left = |end: SystemTime| {
        end.duration_since(ports.now())
            .unwrap_or_default()
            .as_secs()
    };
    json!({
        "token_expires_in": left(grant.tokens.expires_at),
        "consent_needed": grant.consent_needed.map(|mark| mark.reason.as_str()),
        "consent_expires_in": left(consent_by),
    })
}
