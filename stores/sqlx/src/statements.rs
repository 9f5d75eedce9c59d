//! The text of all SQL statements.
//!
//! Both databases understand the same text, except for the parts in [`Dialect`]. Times are microseconds since 1970, by
//! the app's clock for rows and marks, and by [`Backend::now`](crate::backend::Backend::now) for leases.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::prefix::Prefix;

/// The parts of the SQL that differ between the databases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// The column type for bytes.
    pub(crate) bytes: &'static str,
    /// The clause that makes a column compare text byte by byte.
    pub(crate) bytewise: &'static str,
    /// The clause that makes a query skip rows which others have locked.
    pub(crate) skip_locked: &'static str,
    /// The texts of a JSON list in the placeholder `$2`, as a table with the column `value`.
    pub(crate) texts: &'static str,
    /// Whether a column's value is not among those texts. `{}` stands for the column.
    pub(crate) is_not_among: &'static str,
}

/// All statements for the tables of one prefix, made once when the store is opened.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    /// Inserts a row, and changes nothing if its key exists.
    pub(crate) insert: String,
    /// Selects key, version and content of the row under a key.
    pub(crate) load: String,
    /// Updates a row, provided that its version is the expected one.
    pub(crate) replace: String,
    /// Deletes the row under a key, whatever its version.
    pub(crate) delete: String,
    /// Deletes the row under a key, provided that its version is the expected one.
    pub(crate) delete_if: String,
    /// Selects key, version and content of all rows of an owner.
    pub(crate) of_owner: String,
    /// Selects key, version and content of all grants with a subject.
    pub(crate) of_subject: String,
    /// Deletes all rows of an owner and returns their keys.
    pub(crate) delete_of: String,
    /// Selects a page of the owners of grants, each once, in the order of their bytes.
    pub(crate) owners: String,
    /// Inserts a mark, and changes nothing if it exists.
    pub(crate) spend: String,
    /// Selects the content of a lease slot.
    pub(crate) load_lease: String,
    /// Selects a page of the keys of lease slots, in the order of their bytes.
    pub(crate) leases: String,
    /// Fills an empty lease slot.
    pub(crate) insert_lease: String,
    /// Replaces the content of a lease slot, provided that it is the expected one.
    pub(crate) replace_lease: String,
    /// Empties a lease slot, provided that its content is the expected one.
    pub(crate) delete_lease: String,
    /// Deletes the subjects of a grant.
    pub(crate) drop_subjects: String,
    /// Deletes the subjects of a grant that are not in a list.
    pub(crate) drop_other_subjects: String,
    /// Adds all subjects of a list to a grant; those that are there stay.
    pub(crate) add_subjects: String,
    /// Deletes the subjects of all grants in a list of keys.
    pub(crate) drop_subjects_of_rows: String,
    /// Deletes rows that have ended.
    pub(crate) expired_rows: String,
    /// Deletes marks that may be forgotten.
    pub(crate) expired_marks: String,
    /// Deletes lease slots that were last written before a time.
    pub(crate) old_leases: String,
    /// Writes without changing anything: no mark is empty.
    pub(crate) touch: String,
}

impl Statements {
    /// Writes the statements for the tables of a prefix.
    #[expect(clippy::too_many_lines, reason = "a list")]
    pub(crate) fn new(prefix: &Prefix, dialect: &Dialect) -> Self {
        let p = prefix.as_str();
        let skip_locked = dialect.skip_locked;
        // Rows that another instance is deleting are left to it.
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
            leases: format!(
                "SELECT key FROM {p}leases WHERE key >= $1 AND key < $2 AND key > $3 ORDER BY key LIMIT $4"
            ),
            insert_lease: format!(
                "INSERT INTO {p}leases (key, value, written_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
            ),
            replace_lease: format!(
                "UPDATE {p}leases SET value = $1, written_at = $2 WHERE key = $3 AND value = $4"
            ),
            delete_lease: format!("DELETE FROM {p}leases WHERE key = $1 AND value = $2"),
            drop_subjects: format!("DELETE FROM {p}subjects WHERE key = $1"),
            drop_other_subjects: format!(
                "DELETE FROM {p}subjects WHERE key = $1 AND {}",
                dialect
                    .is_not_among
                    .replace("{}", &format!("{p}subjects.subject"))
            ),
            add_subjects: format!(
                "INSERT INTO {p}subjects (subject, key) SELECT value, $1 FROM {} WHERE true ON CONFLICT DO NOTHING",
                dialect.texts
            ),
            drop_subjects_of_rows: format!(
                "DELETE FROM {p}subjects WHERE key IN (SELECT value FROM {})",
                dialect.texts.replace("$2", "$1")
            ),
            expired_rows: expired("rows", "(kind, key)", "ends_at"),
            expired_marks: expired("marks", "mark", "until"),
            old_leases: expired("leases", "key", "written_at"),
            touch: format!("DELETE FROM {p}marks WHERE mark = ''"),
        }
    }
}

/// A time in microseconds since 1970, rounded down; a time before 1970 is 0.
pub(crate) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
