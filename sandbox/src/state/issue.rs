//! An issue.

use std::time::SystemTime;

/// An issue.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) site: String,
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) project: (String, String),
    pub(crate) summary: String,
    pub(crate) status: (&'static str, &'static str),
    pub(crate) priority: &'static str,
    /// The key of a seeded user.
    pub(crate) assignee: Option<String>,
    pub(crate) updated: SystemTime,
}
