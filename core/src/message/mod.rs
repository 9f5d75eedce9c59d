//! Requests and replies without a framework.

pub mod cookie;
mod head;
mod outbound;
pub mod query;
mod reply;

pub use self::head::{Audience, Field, Headers, RequestHead};
pub(crate) use self::outbound::{bearer, cleaned, https_only};
pub use self::reply::{HeaderPatch, Reply};
