//! The statements, which both databases understand alike. Times are microseconds since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::prefix::Prefix;

/// The version of the tables.
pub(crate) const VERSION: i64 = 1;

/// What the SQL of a database has of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// The type for bytes.
    pub(crate) bytes: &'static str,
    /// What makes it compare text byte by byte.
    pub(crate) bytewise: &'static str,
    /// What makes it leave out rows that others lock.
    pub(crate) skip_locked: &'static str,
}

/// All statements over one prefix.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    pub(crate) insert: String,
    pub(crate) load: String,
    pub(crate) replace: String,
    pub(crate) delete: String,
    pub(crate) delete_if: String,
    pub(crate) of_owner: String,
    pub(crate) of_subject: String,
    pub(crate) delete_of: String,
    pub(crate) owners: String,
    pub(crate) spend: String,
    pub(crate) load_lease: String,
    pub(crate) insert_lease: String,
    pub(crate) replace_lease: String,
    pub(crate) delete_lease: String,
    pub(crate) drop_subjects: String,
    pub(crate) add_subject: String,
    pub(crate) expired_rows: String,
    pub(crate) expired_marks: String,
    pub(crate) old_leases: String,
    pub(crate) schema: String,
    pub(crate) version: String,
    pub(crate) set_version: String,
    pub(crate) touch: String,
    pub(crate) tables: Vec<String>,
}

impl Statements {
    #[expect(clippy::too_many_lines, reason = "a list")]
    pub(crate) fn new(prefix: &Prefix, dialect: &Dialect) -> Self {
        let p = prefix.as_str();
        let skip_locked = dialect.skip_locked;
        // A part that another instance deletes in this moment is left to it.
        let expired = |table: &str, key: &str, end: &str| {
            format!(
                "DELETE FROM {p}{table} WHERE {key} IN \
                 (SELECT {columns} FROM {p}{table} WHERE {end} <= $1 LIMIT $2{skip_locked})",
                columns = key.trim_matches(['(', ')']),
            )
        };
        Self {
            insert: format!(
                "INSERT INTO {p}rows (kind, key, version, owner, ends_at, sealed) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT DO NOTHING"
            ),
            load: format!("SELECT key, version, sealed FROM {p}rows WHERE kind = $1 AND key = $2"),
            replace: format!(
                "UPDATE {p}rows SET version = $1, owner = $2, ends_at = $3, sealed = $4 \
                 WHERE kind = $5 AND key = $6 AND version = $7"
            ),
            delete: format!("DELETE FROM {p}rows WHERE kind = $1 AND key = $2"),
            delete_if: format!("DELETE FROM {p}rows WHERE kind = $1 AND key = $2 AND version = $3"),
            of_owner: format!(
                "SELECT key, version, sealed FROM {p}rows WHERE kind = $1 AND owner = $2"
            ),
            of_subject: format!(
                "SELECT r.key, r.version, r.sealed FROM {p}subjects s JOIN {p}rows r ON r.kind = 'grant' AND r.key = s.key \
                 WHERE s.subject = $1"
            ),
            delete_of: format!("DELETE FROM {p}rows WHERE kind = $1 AND owner = $2 RETURNING key"),
            owners: format!(
                "SELECT DISTINCT owner FROM {p}rows WHERE kind = 'grant' AND owner >= $1 AND owner < $2 AND owner > $3 \
                 ORDER BY owner LIMIT $4"
            ),
            spend: format!(
                "INSERT INTO {p}marks (mark, until) VALUES ($1, $2) ON CONFLICT DO NOTHING"
            ),
            load_lease: format!("SELECT value FROM {p}leases WHERE key = $1"),
            insert_lease: format!(
                "INSERT INTO {p}leases (key, value, written_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
            ),
            replace_lease: format!(
                "UPDATE {p}leases SET value = $1, written_at = $2 WHERE key = $3 AND value = $4"
            ),
            delete_lease: format!("DELETE FROM {p}leases WHERE key = $1 AND value = $2"),
            drop_subjects: format!("DELETE FROM {p}subjects WHERE key = $1"),
            add_subject: format!(
                "INSERT INTO {p}subjects (subject, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"
            ),
            expired_rows: expired("rows", "(kind, key)", "ends_at"),
            expired_marks: expired("marks", "mark", "until"),
            old_leases: expired("leases", "key", "written_at"),
            schema: format!(
                "CREATE TABLE IF NOT EXISTS {p}schema (id INTEGER PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL)"
            ),
            version: format!("SELECT version FROM {p}schema"),
            set_version: format!(
                "INSERT INTO {p}schema (id, version) VALUES (1, $1) ON CONFLICT DO NOTHING"
            ),
            touch: format!("DELETE FROM {p}marks WHERE mark = ''"),
            tables: tables(p, dialect),
        }
    }
}

fn tables(p: &str, dialect: &Dialect) -> Vec<String> {
    let Dialect {
        bytes, bytewise, ..
    } = dialect;
    let text = format!("TEXT {bytewise} NOT NULL");
    vec![
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
    ]
}

/// Microseconds since 1970.
pub(crate) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
