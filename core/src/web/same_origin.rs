//! Proof that a request comes from a page of ours.

use super::Web;
use crate::message::RequestHead;

/// Whether a change is asked for by a page of our own origin: `Sec-Fetch-Site` where browsers send it, else `Origin`
/// against the configured public URL, never against `Host`. Neither is no proof.
pub(crate) fn proves_same_origin(web: &Web, head: &RequestHead<'_>) -> bool {
    match head.first("sec-fetch-site") {
        Some(site) => site == b"same-origin",
        None => head.is("origin", web.origin.as_bytes()),
    }
}

/// Whether another site reads: refused alike for strangers and users, so that nothing can be learnt from the answer.
pub(super) fn is_foreign_read(head: &RequestHead<'_>) -> bool {
    let from_elsewhere = matches!(
        head.first("sec-fetch-site"),
        Some(b"cross-site" | b"same-site")
    );
    from_elsewhere && !head.is("sec-fetch-mode", b"navigate")
}
