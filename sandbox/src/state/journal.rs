//! The record of the requests.

use std::collections::BTreeMap;

/// One request that the sandbox has read, with its secrets in plain text.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use threelo_sandbox::Sandbox;
///
/// let sandbox = Sandbox::builder().start().await?;
/// reqwest::get(format!("{}/me?verbose=1", sandbox.url())).await?;
///
/// let entry = &sandbox.journal()[0];
/// assert_eq!((entry.method.as_str(), entry.path.as_str()), ("GET", "/me"));
/// assert_eq!(entry.query.as_deref(), Some("verbose=1"));
/// assert_eq!((entry.bearer.as_deref(), entry.status), (None, Some(401)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The method as it was sent, such as `POST`.
    pub method: String,
    /// The path, still percent-encoded and without the query.
    pub path: String,
    /// The query, still percent-encoded and without the question mark; `None` if it is empty.
    pub query: Option<String>,
    /// The token of an `Authorization: Bearer` field (RFC 6750 §2.1), if one came.
    pub bearer: Option<String>,
    /// The fields of a form, or the texts at the top level of a JSON body. HTTP Basic adds
    /// `client_id` and `client_secret`, in place of those of the body.
    pub fields: BTreeMap<String, String>,
    /// The header fields under their names in lower case; of several under one name, the last.
    pub headers: BTreeMap<String, String>,
    /// The status of the response; `None` while it is being made, and when the connection was
    /// closed without one.
    pub status: Option<u16>,
}
