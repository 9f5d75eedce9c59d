//! The sets of keys by which rows are listed.

use redis::{AsyncCommands, FromRedisValue, ParsingError, RedisError, Script, Value};
use threelo::store::{Row, RowKind, StoredRow, Version};

use crate::scripts;
use crate::scripts::millis;
use crate::store::RedisStore;

/// By what a row is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    owner: String,
    /// Separated by spaces.
    subjects: String,
}

impl Listing {
    pub(crate) fn of(row: &Row) -> Self {
        Self {
            owner: row.owner.clone(),
            subjects: row.subjects.join(" "),
        }
    }

    fn subjects(&self) -> impl Iterator<Item = &str> {
        self.subjects.split(' ').filter(|word| !word.is_empty())
    }

    fn has_subject(&self, subject: &str) -> bool {
        self.subjects().any(|theirs| theirs == subject)
    }
}

/// What a script gives.
impl FromRedisValue for Listing {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (owner, subjects) = FromRedisValue::from_redis_value(value)?;
        Ok(Self { owner, subjects })
    }
}

/// Version, content, owner and subjects of a row that may be gone.
type Fields = (
    Option<Version>,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
);

impl RedisStore {
    /// Names the row where it is looked for. A set may name a row too many, never one too few: this is done before the row
    /// is written and again after it.
    pub(crate) async fn index(&self, row: &Row) -> Result<(), RedisError> {
        let mut connection = self.connection();
        let index = Script::new(scripts::INDEX);
        let ends = row.ends_at.map(millis).unwrap_or_default();
        let owner = self.prefix.owner(row.kind, &row.owner);
        let () = index
            .key(owner)
            .arg(&row.key)
            .arg(&ends)
            .invoke_async(&mut connection)
            .await?;
        for subject in &row.subjects {
            let subject = self.prefix.subject(subject);
            let () = index
                .key(subject)
                .arg(&row.key)
                .arg("")
                .invoke_async(&mut connection)
                .await?;
        }
        if row.kind == RowKind::Grant {
            let owners = self.prefix.owners();
            let _: i64 = connection.zadd(owners, &row.owner, 0).await?;
        }
        Ok(())
    }

    /// Takes the row's name from the sets where it is no longer looked for; if it is there all the same by now, it comes
    /// back.
    pub(crate) async fn unindex(
        &self,
        kind: RowKind,
        key: &str,
        was: &Listing,
    ) -> Result<(), RedisError> {
        let now = self.listing(kind, key).await?;
        let mut connection = self.connection();
        if now.as_ref().is_none_or(|now| now.owner != was.owner) {
            let set = self.prefix.owner(kind, &was.owner);
            let _: i64 = connection.srem(&set, key).await?;
        }
        let is_kept = |subject: &str| now.as_ref().is_some_and(|now| now.has_subject(subject));
        for subject in was.subjects().filter(|subject| !is_kept(subject)) {
            let _: i64 = connection.srem(self.prefix.subject(subject), key).await?;
        }
        let Some(now) = self.listing(kind, key).await? else {
            return self.forget_owner(kind, &was.owner).await;
        };
        // A session's owner does not change: only grants, which have no end, come here with something to name.
        if kind == RowKind::Session {
            return Ok(());
        }
        let row = Row {
            kind,
            key: key.to_owned(),
            version: 0,
            sealed: Vec::new(),
            subjects: now.subjects().map(str::to_owned).collect(),
            owner: now.owner,
            ends_at: None,
        };
        self.index(&row).await
    }

    /// An owner without rows is not listed; one who gets a row in this moment is.
    async fn forget_owner(&self, kind: RowKind, owner: &str) -> Result<(), RedisError> {
        if kind != RowKind::Grant || !self.rows_of(kind, owner).await?.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection();
        let owners = self.prefix.owners();
        let _: i64 = connection.zrem(&owners, owner).await?;
        if !self.rows_of(kind, owner).await?.is_empty() {
            let _: i64 = connection.zadd(&owners, owner, 0).await?;
        }
        Ok(())
    }

    /// By what a row is listed now.
    async fn listing(&self, kind: RowKind, key: &str) -> Result<Option<Listing>, RedisError> {
        let row = self.prefix.row(kind, key);
        let found: (Option<String>, Option<String>) =
            self.connection().hmget(row, &["o", "u"]).await?;
        let (owner, subjects) = found;
        Ok(owner.map(|owner| Listing {
            owner,
            subjects: subjects.unwrap_or_default(),
        }))
    }

    /// The rows of an owner.
    pub(crate) async fn rows_of(
        &self,
        kind: RowKind,
        owner: &str,
    ) -> Result<Vec<StoredRow>, RedisError> {
        let set = self.prefix.owner(kind, owner);
        self.named(kind, &set, |listing| listing.owner == owner)
            .await
    }

    /// The grants that have a subject.
    pub(crate) async fn grants_by(&self, subject: &str) -> Result<Vec<StoredRow>, RedisError> {
        let set = self.prefix.subject(subject);
        self.named(RowKind::Grant, &set, |listing| listing.has_subject(subject))
            .await
    }

    /// The rows that a set names, as far as they are there and `is_meant` by what they are listed by.
    async fn named(
        &self,
        kind: RowKind,
        set: &str,
        is_meant: impl Fn(&Listing) -> bool + Send,
    ) -> Result<Vec<StoredRow>, RedisError> {
        let mut connection = self.connection();
        let keys: Vec<String> = connection.smembers(set).await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        for key in &keys {
            pipe.hmget(self.prefix.row(kind, key), &["v", "s", "o", "u"]);
        }
        let found: Vec<Fields> = pipe.query_async(&mut connection).await?;
        let mut rows = Vec::new();
        for (key, fields) in keys.into_iter().zip(found) {
            let (Some(version), Some(sealed), Some(owner), subjects) = fields else {
                continue;
            };
            let listing = Listing {
                owner,
                subjects: subjects.unwrap_or_default(),
            };
            if is_meant(&listing) {
                rows.push(StoredRow {
                    key,
                    version,
                    sealed,
                });
            }
        }
        Ok(rows)
    }
}
