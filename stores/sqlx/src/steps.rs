//! What the tables were in each release, as the steps from one to the next
//! (`docs/decisions/0088-tables-are-expanded-then-contracted.md`).
//!
//! A step that was released is never changed; another one is added.

use crate::prefix::Prefix;
use crate::statements::Dialect;

/// The newest version of the tables that this program can use.
const KNOWN: i64 = 1;

/// A change of the tables.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The version of the tables after it, which is that of the oldest program that can use them. A step that only adds something
    /// leaves it as it is.
    pub(crate) version: i64,
    /// The statements, in order.
    pub(crate) statements: Vec<String>,
}

/// What a program knows of the tables of one prefix.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// The newest version that the program can use.
    pub(crate) known: i64,
    /// The steps that lead to the tables that it needs; the first creates those of version 1.
    pub(crate) steps: Vec<Step>,
    /// Creates the table that holds the version of the tables.
    pub(crate) create_schema: String,
    /// Creates the table that names the steps.
    pub(crate) create_steps: String,
    /// Selects the version of the tables.
    pub(crate) version: String,
    /// Selects the number of the last step that was made. The first program did not note its step.
    pub(crate) last_step: String,
    /// Stores the version of the tables, if there is none or a lower one.
    pub(crate) set_version: String,
    /// Notes that a step was made.
    pub(crate) add_step: String,
}

impl Schema {
    pub(crate) fn new(prefix: &Prefix, dialect: &Dialect) -> Self {
        let p = prefix.as_str();
        Self {
            known: KNOWN,
            steps: vec![first(p, dialect)],
            create_schema: format!(
                "CREATE TABLE IF NOT EXISTS {p}schema (id INTEGER PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL)"
            ),
            create_steps: format!("CREATE TABLE IF NOT EXISTS {p}steps (step BIGINT PRIMARY KEY)"),
            version: format!("SELECT version FROM {p}schema"),
            last_step: format!("SELECT coalesce(max(step), 0) FROM {p}steps"),
            set_version: format!(
                "INSERT INTO {p}schema (id, version) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = excluded.version \
                 WHERE {p}schema.version < excluded.version"
            ),
            add_step: format!("INSERT INTO {p}steps (step) VALUES ($1)"),
        }
    }

    /// The number of steps that this program needs.
    pub(crate) fn needed(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }
}

/// Creates the tables of version 1. What exists stays as it is.
fn first(p: &str, dialect: &Dialect) -> Step {
    let Dialect {
        bytes, bytewise, ..
    } = dialect;
    let text = format!("TEXT {bytewise} NOT NULL");
    let statements = vec![
        format!(
            "CREATE TABLE IF NOT EXISTS {p}rows (kind {text}, key {text}, version BIGINT NOT NULL, owner {text}, \
             ends_at BIGINT, sealed {bytes} NOT NULL, PRIMARY KEY (kind, key))"
        ),
        format!("CREATE INDEX IF NOT EXISTS {p}rows_owner ON {p}rows (kind, owner)"),
        format!("CREATE INDEX IF NOT EXISTS {p}rows_ends_at ON {p}rows (ends_at)"),
        format!(
            "CREATE TABLE IF NOT EXISTS {p}subjects (subject {text}, key {text}, PRIMARY KEY (subject, key))"
        ),
        format!("CREATE INDEX IF NOT EXISTS {p}subjects_key ON {p}subjects (key)"),
        format!(
            "CREATE TABLE IF NOT EXISTS {p}marks (mark {text} PRIMARY KEY, until BIGINT NOT NULL)"
        ),
        format!("CREATE INDEX IF NOT EXISTS {p}marks_until ON {p}marks (until)"),
        format!(
            "CREATE TABLE IF NOT EXISTS {p}leases (key {text} PRIMARY KEY, value {bytes} NOT NULL, \
             written_at BIGINT NOT NULL)"
        ),
    ];
    Step {
        version: 1,
        statements,
    }
}
