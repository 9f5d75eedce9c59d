//! An issue.

use std::time::SystemTime;

/// An issue.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) site: String,
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) project: Project,
    pub(crate) summary: String,
    pub(crate) status: Status,
    pub(crate) priority: &'static str,
    /// The key of a seeded user.
    pub(crate) assignee: Option<String>,
    pub(crate) updated: SystemTime,
}

/// A project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
}

/// The status of an issue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status {
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
}
