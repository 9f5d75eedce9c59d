use std::collections::BTreeMap;

/// One request that the sandbox saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query.
    pub query: Option<String>,
    /// The bearer token, if one came.
    pub bearer: Option<String>,
    /// The fields of a JSON or form body, secrets included.
    pub fields: BTreeMap<String, String>,
    /// The header fields, secrets included.
    pub headers: BTreeMap<String, String>,
    /// The status of the answer; `None` while it is being made, and when the connection was cut.
    pub status: Option<u16>,
}
