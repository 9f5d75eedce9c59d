//! Requests and replies without a framework.

mod body;
pub mod cookie;
mod head;
mod outbound;
pub(crate) mod percent;
pub mod query;
mod reply;
mod vary;

pub use self::body::{BodyError, ReplyBody};
pub use self::head::{Audience, Field, Headers, RequestHead};
pub(crate) use self::outbound::{bearer, cleaned, https_only, is_json, is_json_type, retry_after};
pub use self::reply::{HeaderPatch, Reply};
pub use self::vary::joined_vary;
