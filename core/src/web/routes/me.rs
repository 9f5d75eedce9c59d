//! `GET me`

use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Value, json};

use super::{allow, readable, signed_in};
use crate::error::Rejection;
use crate::flow;
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
        reject(web, &rejection, &context)
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
    }
}

async fn tell(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["GET", "HEAD"], "GET, HEAD")?;
    readable(request)?;
    let session = signed_in(web, request).await?;
    let grant = match flow::grant_of(&web.ports, &session).await {
        Ok(grant) => Some(grant),
        Err(Rejection::ConsentNeeded(_)) => None,
        Err(other) => return Err(other),
    };
    let site = match flow::site_for(&web.ports, &session, None).await {
        Ok(site) => Some(super::sites::as_json(&site, true)),
        Err(Rejection::Store(error)) => return Err(Rejection::Store(error)),
        Err(_none) => None,
    };
    let state = grant.as_deref().map(|grant| grant_as_json(web, grant));
    let left = session
        .expires_at
        .duration_since(web.ports.now())
        .unwrap_or_default();
    let body = json!({
        "account_id": session.account().as_str(),
        "profile": *session.profile,
        "scopes": grant.as_ref().map(|grant| grant.tokens.scopes.iter().map(str::to_owned).collect::<Vec<_>>()),
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
