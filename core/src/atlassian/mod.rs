//! The client for Atlassian's APIs, with a token that works.
//!
//! A call names a product, a site and a path. Core adds the token of a grant that reaches the site, refreshes
//! it when it is about to end, and once more if Atlassian does not accept it. What goes wrong is an
//! [`ApiError`] that an app can return from its handler as it is.
//!
//! ```no_run
//! # async fn board(atlassian: threelo::ApiClient, site: threelo::Site) -> Result<(), threelo::ApiError> {
//! let found: serde_json::Value = atlassian
//!     .jira(&site)
//!     .get("/rest/api/3/search/jql")
//!     .query(&[("jql", "assignee = currentUser()")])
//!     .json()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Three things never happen, whatever an app passes in:
//!
//! - The token goes to no other host: paths are joined to the configured gateway and checked, and redirects are
//!   not followed (`docs/attacks.md` T145). Content of attachments is fetched from Atlassian's media host without it.
//! - A call is not repeated with other tokens more than twice: once with those of a newer consent on another
//!   instance, once after a refresh.
//! - Neither tokens nor bodies appear in errors or logs.

mod api;
mod classify;
mod client;
mod error;
mod link;
mod media;
mod messages;
mod path;
mod rate_limit;
mod request;
mod response;
mod retry;
mod send;

pub use self::api::Api;
pub use self::client::ApiClient;
pub use self::error::ApiError;
pub use self::messages::ApiMessages;
pub use self::path::segment;
pub use self::request::ApiRequest;
pub use self::response::ApiResponse;
pub use self::retry::RetryPolicy;
