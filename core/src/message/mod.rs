//! Requests and replies without a web framework, and what requests to Atlassian have in common.
//!
//! The readers in here are strict. They compare bytes, decode once, have limits, and report what they cannot read
//! instead of guessing: in attacks on logins, a helpful parser is usually the first step.

mod body;
mod client;
pub mod cookie;
mod fetch_metadata;
mod head;
mod outbound;
pub(crate) mod percent;
pub mod query;
mod reply;
mod vary;

pub use self::body::{BodyError, ReplyBody};
pub(crate) use self::client::{client, network};
pub(crate) use self::fetch_metadata::FetchMetadata;
pub use self::head::{Audience, Field, Headers, PeerAddress, RequestHead};
pub(crate) use self::outbound::{
    LONGEST_RETRY_AFTER, bearer, cleaned, content_type, https_only, is_html, is_json, is_json_type,
    retry_after,
};
pub use self::reply::{HeaderPatch, Reply};
pub use self::vary::joined_vary;
