//! Jira and Confluence behind the gateway: `/ex/{product}/{cloudid}/...`.

pub(crate) mod call;
mod confluence;
mod issues;
mod jira;
mod jql;

use http::Response;

pub(crate) use self::jira::file_of;

use crate::products::call::{Call, admit, no_site};
use crate::state::State;

/// Answers a call; 404 if the product or the operation does not exist.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Response<String> {
    let answer = admit(state, call).and_then(|admitted| match admitted.product {
        "jira" => jira::answer(state, &admitted),
        "confluence" => confluence::answer(state, &admitted),
        _ => Err(no_site()),
    });
    answer.unwrap_or_else(|refusal| *refusal)
}
