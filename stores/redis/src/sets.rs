//! The sets of keys that lists are read from.
//!
//! A script touches one key, so a row and its sets are not written atomically. A set may name a row too many, but never one too
//! few: names are added before the row is written and again after it; after a name was removed, the row is looked for again, and
//! its names are added again if it is there. Readers check each row that a set names.

use std::collections::HashSet;

use redis::{AsyncCommands, FromRedisValue, ParsingError, RedisError, Script, Value};
use threelo::store::{Row, RowKind, StoredRow, Version};

use crate::scripts;
use crate::scripts::left;
use crate::store::RedisStore;

/// What a row is listed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    owner: String,
    /// Separated by spaces.
    subjects: String,
}

impl Listing {
    /// What a row will be listed by once it is written.
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

    /// The subjects that `other` has not.
    fn subjects_without<'a>(&'a self, other: Option<&Self>) -> Vec<&'a str> {
        let others: HashSet<&str> = other.into_iter().flat_map(Self::subjects).collect();
        let mut left: Vec<&str> = self.subjects().collect();
        left.retain(|subject| !others.contains(subject));
        left
    }
}

/// Reads what the scripts return: owner and subjects.
impl FromRedisValue for Listing {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (owner, subjects) = FromRedisValue::from_redis_value(value)?;
        Ok(Self { owner, subjects })
    }
}

/// Version, content, owner and subjects of a row; none of them if the row is gone.
type Fields = (
    Option<Version>,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
);

impl RedisStore {
    /// Adds the row's key to the sets of its owner and its subjects, and a grant's owner to the owners.
    pub(crate) async fn index(&self, row: &Row) -> Result<(), RedisError> {
        let mut connection = self.writes();
        let index = Script::new(scripts::INDEX);
        let ends = row.ends_at.map(left).unwrap_or_default();
        let owner = self.prefix.owner(row.kind, &row.owner);
        let () = index
            .key(owner)
            .arg(&row.key)
            .arg(&ends)
            .invoke_async(&mut connection)
            .await?;
        // The sets of subjects name grants only, and so they have no end.
        let mut adds = redis::pipe();
        for subject in &row.subjects {
            adds.sadd(self.prefix.subject(subject), &row.key).ignore();
        }
        let () = adds.query_async(&mut connection).await?;
        if row.kind == RowKind::Grant {
            let owners = self.prefix.owners();
            let _: i64 = connection.zadd(owners, &row.owner, 0).await?;
        }
        Ok(())
    }

    /// Removes the key of a row that was replaced or deleted from the sets that need not name it any more. If another call has
    /// written the row meanwhile, its key is added again.
    pub(crate) async fn unindex(
        &self,
        kind: RowKind,
        key: &str,
        was: &Listing,
    ) -> Result<(), RedisError> {
        let now = self.listing(kind, key).await?;
        let mut connection = self.writes();
        if now.as_ref().is_none_or(|now| now.owner != was.owner) {
            let set = self.prefix.owner(kind, &was.owner);
            let _: i64 = connection.srem(&set, key).await?;
        }
        let mut removals = redis::pipe();
        for subject in was.subjects_without(now.as_ref()) {
            removals.srem(self.prefix.subject(subject), key).ignore();
        }
        let () = removals.query_async(&mut connection).await?;
        let Some(now) = self.listing(kind, key).await? else {
            return self.forget_owner(kind, &was.owner).await;
        };
        // A session never changes its owner, so its set still names it. Only grants, which have no end, get this far.
        if kind == RowKind::Session {
            return Ok(());
        }
        let subjects = now.subjects().map(str::to_owned).collect();
        let row = Row::new(kind, key, 0, [], now.owner).with_subjects(subjects);
        self.index(&row).await
    }

    /// Removes an owner without grants from the owners, and adds it again if it has got a grant meanwhile.
    async fn forget_owner(&self, kind: RowKind, owner: &str) -> Result<(), RedisError> {
        if kind != RowKind::Grant || !self.rows_of(kind, owner).await?.is_empty() {
            return Ok(());
        }
        let mut connection = self.writes();
        let owners = self.prefix.owners();
        let _: i64 = connection.zrem(&owners, owner).await?;
        if !self.rows_of(kind, owner).await?.is_empty() {
            let _: i64 = connection.zadd(&owners, owner, 0).await?;
        }
        Ok(())
    }

    /// What a row is listed by now; `None` if it is gone.
    async fn listing(&self, kind: RowKind, key: &str) -> Result<Option<Listing>, RedisError> {
        let row = self.prefix.row(kind, key);
        let found: (Option<String>, Option<String>) = self.reads().hmget(row, &["o", "u"]).await?;
        let (owner, subjects) = found;
        Ok(owner.map(|owner| Listing {
            owner,
            subjects: subjects.unwrap_or_default(),
        }))
    }

    /// Reads all rows of an owner.
    pub(crate) async fn rows_of(
        &self,
        kind: RowKind,
        owner: &str,
    ) -> Result<Vec<StoredRow>, RedisError> {
        let set = self.prefix.owner(kind, owner);
        self.named(kind, &set, |listing| listing.owner == owner)
            .await
    }

    /// Reads all grants with a subject.
    pub(crate) async fn grants_by(&self, subject: &str) -> Result<Vec<StoredRow>, RedisError> {
        let set = self.prefix.subject(subject);
        self.named(RowKind::Grant, &set, |listing| listing.has_subject(subject))
            .await
    }

    /// Reads the rows that a set names, without those that are gone or of which `is_meant` is false.
    async fn named(
        &self,
        kind: RowKind,
        set: &str,
        is_meant: impl Fn(&Listing) -> bool + Send,
    ) -> Result<Vec<StoredRow>, RedisError> {
        let mut connection = self.reads();
        let keys: Vec<String> = connection.smembers(set).await?;
        let mut reads = redis::pipe();
        for key in &keys {
            reads.hmget(self.prefix.row(kind, key), &["v", "s", "o", "u"]);
        }
        let found: Vec<Fields> = reads.query_async(&mut connection).await?;
        let (mut rows, mut gone) = (Vec::new(), Vec::new());
        for (key, fields) in keys.into_iter().zip(found) {
            let (Some(version), Some(sealed), Some(owner), subjects) = fields else {
                gone.push(key);
                continue;
            };
            let listing = Listing {
                owner,
                subjects: subjects.unwrap_or_default(),
            };
            if is_meant(&listing) {
                rows.push(StoredRow::new(key, version, sealed));
            }
        }
        self.prune(kind, set, &gone).await?;
        Ok(rows)
    }

    /// Removes the names of rows that are gone from a set: sessions expire, and their names would stay for as long as the account
    /// has any. A row whose insert is under way has its name before it is there: the insert adds the name again after the row,
    /// and a row that came between the two looks is named again here.
    async fn prune(&self, kind: RowKind, set: &str, gone: &[String]) -> Result<(), RedisError> {
        let mut connection = self.writes();
        if gone.is_empty() {
            return Ok(());
        }
        let _: i64 = connection.srem(set, gone).await?;
        let mut looks = redis::pipe();
        for key in gone {
            looks.exists(self.prefix.row(kind, key));
        }
        let is_back: Vec<bool> = looks.query_async(&mut connection).await?;
        for (key, _) in gone.iter().zip(is_back).filter(|(_, is_back)| *is_back) {
            let left: i64 = connection.pttl(self.prefix.row(kind, key)).await?;
            let left = if left > 0 {
                left.to_string()
            } else {
                String::new()
            };
            let () = Script::new(scripts::INDEX)
                .key(set)
                .arg(key)
                .arg(left)
                .invoke_async(&mut connection)
                .await?;
        }
        Ok(())
    }

    /// Which of these owners have a grant.
    pub(crate) async fn with_grants(&self, owners: Vec<String>) -> Result<Vec<String>, RedisError> {
        let mut connection = self.reads();
        let mut sets = redis::pipe();
        for owner in &owners {
            sets.smembers(self.prefix.owner(RowKind::Grant, owner));
        }
        let keys: Vec<Vec<String>> = sets.query_async(&mut connection).await?;
        let of = |(owner, keys)| std::iter::repeat(owner).zip(keys);
        let named: Vec<(&String, String)> = owners.iter().zip(keys).flat_map(of).collect();
        let mut having = HashSet::new();
        let mut reads = redis::pipe();
        for (_, key) in &named {
            reads.hmget(self.prefix.row(RowKind::Grant, key), &["o"]);
        }
        let theirs: Vec<(Option<String>,)> = reads.query_async(&mut connection).await?;
        for ((owner, _), (is,)) in named.iter().zip(theirs) {
            if is.as_ref() == Some(*owner) {
                having.insert((*owner).clone());
            }
        }
        Ok(owners
            .into_iter()
            .filter(|owner| having.contains(owner))
            .collect())
    }
}
