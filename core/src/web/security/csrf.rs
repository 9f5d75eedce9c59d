//! Proof that a request comes from a page of the app (docs/decisions/0063).
//!
//! No tokens in forms: browsers say where a request comes from, in fields that pages cannot set.

use crate::message::RequestHead;
use crate::web::request::{Context, Credential, listed};
use crate::web::state::Web;

/// The header field that a page of a listed origin adds to a change. A page can add it to a request
/// to another origin only after a CORS preflight, and only listed origins get a positive answer
/// (docs/attacks.md T115, T116). Its value does not matter.
const PROOF: &str = "x-threelo";

/// Returns whether a request may change something. It must come from the app's own origin, or from
/// a listed origin with the field `X-Threelo`, or show a bearer session, which no browser adds by
/// itself.
///
/// Decides for all routes of threelo, and for the app's routes behind the guard `same_origin()`.
/// Whether the bearer session exists is not looked up here: a made-up one passes, and is then not
/// signed in.
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

/// Returns whether a page of the app's own origin sent the request.
///
/// If the browser sends `Sec-Fetch-Site`, it alone decides. Otherwise `Origin` must equal the
/// origin of the configured public URL, never `Host`, which a client may forge (docs/attacks.md
/// T113). A request with neither field proves nothing (T112), and neither does `Origin: null`
/// (T114).
pub(crate) fn proves_same_origin(web: &Web, head: &RequestHead<'_>) -> bool {
    match head.first("sec-fetch-site") {
        Some(site) => site == b"same-origin",
        None => head.is("origin", web.origin.as_bytes()),
    }
}

/// Returns whether a page of another site reads.
///
/// Such reads are refused whether or not the visitor is signed in, so that the status tells nothing
/// (docs/attacks.md T127). Listed origins may read. Navigations are not judged here; `cross_site`
/// does that. Programs that send neither `Sec-Fetch-Site` nor `Origin` may read.
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
