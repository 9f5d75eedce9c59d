//! The API host: who the user is, which sites there are, and what all of its responses have.

use http::{HeaderMap, HeaderValue, Response, header};
use serde_json::{Value, json};

use crate::mint;
use crate::response::{json_response, unauthorized};
use crate::state::State;
use crate::state::grant::Grant;
use crate::state::seed::SeedSite;

/// `GET /me`: the profile of the token's user, as the seed has it.
///
/// 401 without a valid token, 403 if the grant lacks `read:me`.
pub(crate) fn me(state: &State, bearer: Option<&str>) -> Response<String> {
    let Some(authorized) = bearer.and_then(|token| state.authorized(token)) else {
        return unauthorized();
    };
    if !authorized.grant.scopes.contains("read:me") {
        return json_response(403, &json!({ "code": 403, "message": "Forbidden" }));
    }
    match state.seed.user(&authorized.user) {
        Some(user) => json_response(200, &Value::Object(user.profile.clone())),
        None => unauthorized(),
    }
}

/// `GET /oauth/token/accessible-resources`: the sites that the token reaches, 401 without a valid
/// token.
///
/// No scope is required; a token that reaches no site gets an empty list.
pub(crate) fn sites(state: &State, bearer: Option<&str>) -> Response<String> {
    let Some(authorized) = bearer.and_then(|token| state.authorized(token)) else {
        return unauthorized();
    };
    let grant = authorized.grant;
    let granted = state
        .seed
        .sites
        .iter()
        .filter(|site| grant.sites.contains(&site.id));
    // Reversed, so that clients do not rely on an order: Atlassian's has no meaning either.
    let entries: Vec<Value> = granted
        .rev()
        .flat_map(|site| entries(state, site, &grant))
        .collect();
    json_response(200, &Value::Array(entries))
}

/// The entries of one site: one, or one per product if
/// [`Knobs::duplicate_sites`](crate::Knobs::duplicate_sites) is set. An entry lists the granted
/// scopes whose name contains that of a product of the site.
fn entries(state: &State, site: &SeedSite, grant: &Grant) -> Vec<Value> {
    let of_product = |product: &str| -> Vec<&String> {
        grant
            .scopes
            .iter()
            .filter(|scope| scope.contains(product))
            .collect()
    };
    let entry = |scopes: Vec<&String>| {
        json!({ "id": site.id, "name": site.name, "url": site.url, "scopes": scopes,
            "avatarUrl": "https://site-admin-avatar-cdn.example.com/avatars/240/site.png" })
    };
    let containers: Vec<Vec<&String>> = site
        .products
        .iter()
        .map(|product| of_product(product))
        .collect();
    if state.knobs.duplicate_sites {
        return containers.into_iter().map(entry).collect();
    }
    vec![entry(containers.concat())]
}

/// Whether the API host serves this path; the authorization host serves all others.
pub(crate) fn serves(path: &str) -> bool {
    path == "/me" || path == "/oauth/token/accessible-resources" || path.starts_with("/ex/")
}

/// Adds a new `atl-traceid`, by which Atlassian's support finds a response.
pub(crate) fn add_trace_id(headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::try_from(mint::trace_id()) {
        headers.insert("atl-traceid", id);
    }
}

/// Adds the CORS fields: scripts of any origin may call the API host, without cookies, and read the
/// fields about rate limits. The authorization host sends none.
pub(crate) fn add_cors(origin: &HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    let fixed = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, DELETE, PATCH, OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Accept, X-Atlassian-Token",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-NearLimit, RateLimit, \
             RateLimit-Policy, RateLimit-Reason, Beta-RateLimit, Beta-RateLimit-Policy, Beta-Retry-After, atl-traceid",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
