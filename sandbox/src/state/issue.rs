//! Issues of Jira, as the sandbox keeps and makes them.

use std::time::SystemTime;

/// An issue of a project.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    /// The cloud id of its site.
    pub(crate) site: String,
    /// The numeric id, which Jira writes as a text.
    pub(crate) id: u64,
    /// The key of the project, a hyphen and a number from 1.
    pub(crate) key: String,
    pub(crate) project: Project,
    pub(crate) summary: String,
    pub(crate) status: Status,
    pub(crate) priority: &'static str,
    /// The key of a user of the seed; `None` if the issue has no assignee.
    pub(crate) assignee: Option<String>,
    /// The time of the last change, by the sandbox's clock.
    pub(crate) updated: SystemTime,
}

/// A project of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// The short name in capitals, unique within the site.
    pub(crate) key: &'static str,
    /// The name for people, such as `Design system`.
    pub(crate) name: &'static str,
}

/// The status of an issue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status {
    /// The name on the board, such as `In Progress`.
    pub(crate) name: &'static str,
    /// The key of Jira's status category: `new`, `indeterminate` or `done`.
    pub(crate) category: &'static str,
}
