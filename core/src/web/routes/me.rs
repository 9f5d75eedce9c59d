//! `GET me`

use http::StatusCode;
use serde_json::json;

use super::{allow, readable, signed_in};
use crate::error::Rejection;
use crate::flow;
use crate::message::{Audience, Reply};
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
        Err(Rejection::ConsentNeeded) => None,
        Err(other) => return Err(other),
    };
    let site = match flow::site_for(&web.ports, &session, None).await {
        Ok(site) => Some(super::sites::as_json(&site, true)),
        Err(Rejection::Store(error)) => return Err(Rejection::Store(error)),
        Err(_none) => None,
    };
    let left = session
        .expires_at
        .duration_since(web.ports.now())
        .unwrap_or_default();
    let body = json!({
        "account_id": session.account().as_str(),
        "profile": *session.profile,
        "scopes": grant.map(|grant| grant.tokens.scopes.iter().map(str::to_owned).collect::<Vec<_>>()),
        "site": site,
        "expires_in": left.as_secs(),
    });
    Ok(json::reply(StatusCode::OK, &body))
}
