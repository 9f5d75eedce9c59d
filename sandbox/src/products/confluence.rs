//! Confluence's REST API, version 2: pages.

use serde_json::{Value, json};

use crate::mint::hash;
use crate::products::call::{Admitted, CallResult, refusal};
use crate::response::json_response;
use crate::state::State;

/// The titles of the pages, the same at every site.
const TITLES: [&str; 6] = [
    "How we review designs",
    "Onboarding",
    "Tone of voice",
    "Minutes of the design council",
    "Colour tokens",
    "Travel and expenses",
];

/// `GET /wiki/api/v2/pages`: `limit` pages, 25 unless set; 404 for any other operation.
///
/// Requires the scope `read:page:confluence`, or also accepts a classic one if
/// [`Knobs::classic_scopes_reach_v2`](crate::Knobs::classic_scopes_reach_v2) is set.
pub(super) fn answer(state: &State, call: &Admitted<'_>) -> CallResult {
    if (call.method, call.path) != ("GET", "/wiki/api/v2/pages") {
        return Err(refusal(404, "Not Found"));
    }
    let classic = state.knobs.classic_scopes_reach_v2;
    if !(classic && call.grant.scopes.contains("read:confluence-content.all")) {
        call.may("read:page:confluence")?;
    }
    let limit = call.number("limit", 25);
    let page = |title: &&str| {
        json!({
            "id": (hash(title) % 1_000_000).to_string(),
            "status": "current",
            "title": title,
            "spaceId": "98306",
        })
    };
    let results: Vec<Value> = TITLES.iter().take(limit).map(page).collect();
    Ok(json_response(
        200,
        &json!({ "results": results, "_links": {} }),
    ))
}
