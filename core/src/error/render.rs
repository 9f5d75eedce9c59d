//! How a failure becomes the reply to a visitor, for rooms below the one that makes replies.

use std::fmt::Debug;

use super::rejection::Rejection;
use super::response::RejectionResponse;

/// Gives a rejection the reply that fits the request of a visitor who waits.
pub(crate) trait Render: Debug + Send + Sync {
    /// The rejection with its reply.
    fn render(&self, rejection: Rejection) -> RejectionResponse;
}
