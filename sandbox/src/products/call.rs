//! A call behind the gateway: its user, what it reaches, and how it is refused.

use std::collections::BTreeMap;

use http::{HeaderValue, Response};
use serde_json::json;
use url::form_urlencoded;

use crate::response::json_response;
use crate::state::grant::Grant;
use crate::state::seed::SeedSite;
use crate::state::{Authorized, State};

/// A call as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    /// The whole path, `/ex/` included.
    pub(crate) path: &'a str,
    /// Still percent-encoded; empty if there is none.
    pub(crate) query: &'a str,
    pub(crate) bearer: Option<&'a str>,
    /// The body as JSON; null if there is none.
    pub(crate) body: &'a serde_json::Value,
    /// The address at which the sandbox was called.
    pub(crate) own_url: &'a str,
}

/// A call whose token is valid and reaches its site, which has the product.
pub(crate) struct Admitted<'a> {
    /// The key of the user in the seed.
    pub(crate) user: String,
    pub(crate) grant: Grant,
    pub(crate) site: SeedSite,
    pub(crate) product: &'a str,
    pub(crate) method: &'a str,
    /// What follows the cloud id in the path, with its slash.
    pub(crate) path: &'a str,
    /// Those of the query, decoded; of several under one name, the last.
    parameters: BTreeMap<String, String>,
    pub(crate) body: &'a serde_json::Value,
    /// The address at which the sandbox was called.
    pub(crate) own_url: &'a str,
}

impl Admitted<'_> {
    /// A parameter of the query; empty if it is missing.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query as a number; the default if it is missing or not a number.
    pub(crate) fn number(&self, name: &str, default: usize) -> usize {
        self.parameter(name).parse().unwrap_or(default)
    }

    /// Refuses the call with 401 if the grant lacks this scope.
    pub(crate) fn may(&self, scope: &str) -> Result<(), Refusal> {
        if self.grant.scopes.contains(scope) {
            Ok(())
        } else {
            Err(scope_mismatch())
        }
    }
}

/// A response, or the response that refuses the call.
pub(crate) type CallResult = Result<Response<String>, Refusal>;
/// Boxed because a response is large for the error of a result.
pub(crate) type Refusal = Box<Response<String>>;

/// Checks the token first and then the site.
///
/// 404 means that the site does not exist, was not granted, or does not have the product; a client
/// cannot distinguish these.
pub(crate) fn admit<'a>(state: &State, call: &Call<'a>) -> Result<Admitted<'a>, Refusal> {
    let rest = call.path.strip_prefix("/ex/").unwrap_or_default();
    let (product, rest) = rest.split_once('/').ok_or_else(no_site)?;
    let (cloud_id, _) = rest.split_once('/').ok_or_else(no_site)?;
    let path = rest.get(cloud_id.len()..).unwrap_or_default();
    let known = call.bearer.and_then(|token| state.authorized(token));
    let Some(Authorized { user, grant }) = known else {
        return Err(bad_token(state, product));
    };
    let reached = state.seed.site(cloud_id);
    let site = reached
        .filter(|site| site.id == cloud_id && grant.sites.contains(&site.id))
        .filter(|site| site.products.iter().any(|has| has == product))
        .ok_or_else(no_site)?;
    let parameters = form_urlencoded::parse(call.query.as_bytes()).into_owned();
    Ok(Admitted {
        user,
        grant,
        site: site.clone(),
        product,
        method: call.method,
        path,
        parameters: parameters.collect(),
        body: call.body,
        own_url: call.own_url,
    })
}

/// The refusal of a token that is unknown or has expired, as
/// [`Knobs::expired_status`](crate::Knobs::expired_status) and
/// [`Knobs::anonymous_when_bad`](crate::Knobs::anonymous_when_bad) configure it.
fn bad_token(state: &State, product: &str) -> Refusal {
    if state.knobs.anonymous_when_bad && product == "jira" {
        let nothing = json!({ "issues": [], "values": [], "isLast": true });
        let mut response = json_response(200, &nothing);
        let reason = HeaderValue::from_static("AUTHENTICATED_FAILED");
        response
            .headers_mut()
            .insert("x-seraph-loginreason", reason);
        return Box::new(response);
    }
    let status = state.knobs.expired_status;
    let body = json!({ "code": status, "message": "Unauthorized" });
    Box::new(json_response(status, &body))
}

/// 401 for a valid token that lacks a scope; the message and `X-Failure-Category` distinguish it
/// from a bad token.
fn scope_mismatch() -> Refusal {
    let body = json!({ "code": 401, "message": "Unauthorized; scope does not match" });
    let mut response = json_response(401, &body);
    let category = HeaderValue::from_static("FAILURE_CLIENT_SCOPE_CHECK");
    response
        .headers_mut()
        .insert("x-failure-category", category);
    Box::new(response)
}

/// 404 for a site or a product that the token does not reach.
pub(crate) fn no_site() -> Refusal {
    refusal(404, "No message available")
}

/// A refusal with the body that Jira sends for errors.
pub(crate) fn refusal(status: u16, message: &str) -> Refusal {
    let body = json!({ "errorMessages": [message], "errors": {} });
    Box::new(json_response(status, &body))
}
