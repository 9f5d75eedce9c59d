//! How a failure becomes a reply, for modules below the one that makes replies.

use std::fmt::Debug;

use super::rejection::Rejection;
use super::response::RejectionResponse;

/// The context of a request, which gives a rejection the reply that fits that request. The API client keeps one, so
/// that a failed call in a handler leads to the right page.
pub(crate) trait Render: Debug + Send + Sync {
    /// The rejection together with its reply.
    fn render(&self, rejection: Rejection) -> RejectionResponse;
}
