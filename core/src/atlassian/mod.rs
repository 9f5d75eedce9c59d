//! The client for Atlassian's APIs, with a token that works.
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

mod api;
mod classify;
mod client;
mod error;
mod path;
mod rate_limit;
mod request;
mod response;
mod retry;
mod send;

pub use self::api::Api;
pub use self::client::ApiClient;
pub use self::error::ApiError;
pub use self::path::segment;
pub use self::request::ApiRequest;
pub use self::response::ApiResponse;
pub use self::retry::RetryPolicy;
