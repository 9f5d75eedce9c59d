//! Proof that a request comes from a page of ours.

use crate::message::RequestHead;
use crate::web::request::{Context, Credential, listed};
use crate::web::state::Web;

/// The field that a page of a listed origin adds to a change. No page can add it without asking first (a CORS preflight),
/// and only listed origins are answered.
const PROOF: &str = "x-threelo";

/// Whether a change may be asked for by this request: of our own origin, of a listed one with the proof, or by who shows a
/// bearer session, which no browser adds by itself.
pub(crate) fn may_change(web: &Web, head: &RequestHead<'_>) -> bool {
    if proves_same_origin(web, head) {
        return true;
    }
    let config = &web.ports.config;
    let origin = listed(config, head);
    if origin.is_some() && head.first(PROOF).is_some() {
        return true;
    }
    let authorization = head.first("authorization");
    let shown = Credential::read(config, origin, authorization, std::iter::empty());
    shown.is_some_and(|shown| shown.is_deliberate())
}

/// Whether a page of our own origin asks: `Sec-Fetch-Site` where browsers send it, else `Origin` against the configured
/// public URL, never against `Host`. Neither is no proof.
pub(crate) fn proves_same_origin(web: &Web, head: &RequestHead<'_>) -> bool {
    match head.first("sec-fetch-site") {
        Some(site) => site == b"same-origin",
        None => head.is("origin", web.origin.as_bytes()),
    }
}

/// Whether another site reads: refused alike for strangers and users, so that nothing can be learnt from the answer. Listed
/// origins may read.
pub(crate) fn is_foreign_read(web: &Web, context: &Context, head: &RequestHead<'_>) -> bool {
    if context.origin.is_some() || head.is("sec-fetch-mode", b"navigate") {
        return false;
    }
    match head.first("sec-fetch-site") {
        Some(site) => matches!(site, b"cross-site" | b"same-site"),
        None => head
            .first("origin")
            .is_some_and(|origin| origin != web.origin.as_bytes()),
    }
}
