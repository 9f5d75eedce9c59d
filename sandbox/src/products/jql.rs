//! The part of JQL that the sandbox understands.
//!
//! That is `assignee = currentUser()`, `project = KEY` and `updated >= ...`, joined with `AND`. An
//! `ORDER BY` is accepted and ignored: the newest issue always comes first.

use std::time::{Duration, SystemTime};

use crate::state::issue::Issue;
use crate::time::midnight;

/// A query, with the user and the time that it is relative to.
pub(super) struct Filter<'a> {
    pub(super) jql: &'a str,
    /// The key of the user that `currentUser()` means.
    pub(super) user: &'a str,
    /// The time from which relative dates count back.
    pub(super) now: SystemTime,
}

impl Filter<'_> {
    /// The issues that match every clause, in their original order.
    ///
    /// An error is Jira's text for a query that is not understood or has no clause.
    pub(super) fn apply(&self, mut issues: Vec<Issue>) -> Result<Vec<Issue>, String> {
        let lower = self.jql.to_ascii_lowercase();
        let end = lower.find("order by").unwrap_or(lower.len());
        let clauses = self.jql.get(..end).unwrap_or_default().trim();
        if clauses.is_empty() {
            return Err(
                "Unbounded JQL queries are not allowed here. Please add a search \
                        restriction to your query."
                    .to_owned(),
            );
        }
        for clause in split(clauses) {
            self.keep(clause, &mut issues)?;
        }
        Ok(issues)
    }

    /// Keeps the issues that match one clause.
    fn keep(&self, clause: &str, issues: &mut Vec<Issue>) -> Result<(), String> {
        let words: Vec<&str> = clause.split_whitespace().collect();
        let (field, value) = match words.as_slice() {
            [field, "=" | ">=", value @ ..] => (field.to_ascii_lowercase(), value.join(" ")),
            _ => return Err(format!("Error in the JQL Query: {clause}")),
        };
        let value = value.trim_matches(['"', '\'']);
        match field.as_str() {
            "assignee" if value.eq_ignore_ascii_case("currentUser()") => {
                issues.retain(|issue| issue.assignee.as_deref() == Some(self.user));
            }
            "project" => issues.retain(|issue| issue.project.key.eq_ignore_ascii_case(value)),
            "updated" => {
                let since = self.since(value);
                let since = since.ok_or_else(|| {
                    format!("Date value '{value}' for field 'updated' is invalid.")
                })?;
                issues.retain(|issue| issue.updated >= since);
            }
            _ => {
                return Err(format!(
                    "Field '{field}' does not exist or you do not have permission to view it."
                ));
            }
        }
        Ok(())
    }

    /// The moment that a date means: hours, days or weeks ago as in `-24h`, `-1d` or `-2w`, or
    /// midnight in UTC as in `2026-01-31`.
    fn since(&self, value: &str) -> Option<SystemTime> {
        let Some(back) = value.strip_prefix('-') else {
            return midnight(value);
        };
        let unit = back.chars().last()?;
        let count: u64 = back.strip_suffix(unit)?.parse().ok()?;
        let seconds = match unit {
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        self.now
            .checked_sub(Duration::from_secs(count.checked_mul(seconds)?))
    }
}

/// The clauses between the ANDs, in upper or lower case.
fn split(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let mut clauses = Vec::new();
    let mut start = 0;
    for (at, and) in lower.match_indices(" and ") {
        clauses.extend(text.get(start..at));
        start = at + and.len();
    }
    clauses.extend(text.get(start..));
    clauses
}
