//! The store as threelo's [`RowStore`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use redis::{AsyncCommands, RedisError, Script};
use threelo::store::{
    Inserted, LeaseSlot, OwnerPage, Replaced, Row, RowKind, RowStore, Spent, StoreError, StoredRow,
    Version,
};

use crate::scripts;
use crate::scripts::left;
use crate::sets::Listing;
use crate::store::{RedisStore, failed};

/// The conditions under which a row is deleted; a script compares them.
#[derive(Clone, Copy, Debug, Default)]
struct DeleteIf<'a> {
    /// Its version, or any.
    version: Option<Version>,
    /// Its owner, or any.
    owner: Option<&'a str>,
}

#[async_trait]
impl RowStore for RedisStore {
    async fn insert(&self, row: &Row) -> Result<Inserted, StoreError> {
        self.try_insert(row).await.map_err(failed)
    }

    async fn load(&self, kind: RowKind, key: &str) -> Result<Option<StoredRow>, StoreError> {
        let row = self.prefix.row(kind, key);
        let found: Result<(Option<Version>, Option<Vec<u8>>), _> =
            self.reads().hmget(row, &["v", "s"]).await;
        let (version, sealed) = found.map_err(failed)?;
        let (Some(version), Some(sealed)) = (version, sealed) else {
            return Ok(None);
        };
        Ok(Some(StoredRow::new(key, version, sealed)))
    }

    async fn replace(&self, expected: Version, row: &Row) -> Result<Replaced, StoreError> {
        self.try_replace(expected, row).await.map_err(failed)
    }

    async fn delete(
        &self,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, StoreError> {
        let condition = DeleteIf {
            version: expected,
            owner: None,
        };
        self.try_delete(kind, key, condition).await.map_err(failed)
    }

    async fn of_owner(&self, kind: RowKind, owner: &str) -> Result<Vec<StoredRow>, StoreError> {
        self.rows_of(kind, owner).await.map_err(failed)
    }

    async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError> {
        self.grants_by(subject).await.map_err(failed)
    }

    async fn delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, StoreError> {
        self.try_delete_of(kind, owner).await.map_err(failed)
    }

    async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        let mut connection = self.reads();
        let set = self.prefix.owners();
        let end = format!("({}\u{7f}", page.prefix);
        let mut after = match page.after {
            Some(after) => format!("({after}"),
            None => format!("[{}", page.prefix),
        };
        let mut owners = Vec::new();
        while owners.len() < page.limit {
            let count = isize::try_from((page.limit - owners.len()).min(1000)).unwrap_or(1);
            let part: Result<Vec<String>, _> = connection
                .zrangebylex_limit(&set, &after, &end, 0, count)
                .await;
            let part = part.map_err(failed)?;
            let Some(last) = part.last() else {
                return Ok(owners);
            };
            after = format!("({last}");
            // The set may name an owner who has no grants any more.
            let having = self.with_grants(part).await;
            owners.extend(having.map_err(failed)?);
        }
        Ok(owners)
    }

    async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError> {
        let left = left(until);
        let set: Result<Option<String>, _> = redis::cmd("SET")
            .arg(self.prefix.mark(mark))
            .arg("1")
            .arg("NX")
            // A time that has passed: the mark is forgotten at once.
            .arg(if left == "0" { "PXAT" } else { "PX" })
            .arg(if left == "0" { "1" } else { &left })
            .query_async(&mut self.writes())
            .await;
        Ok(match set.map_err(failed)? {
            Some(_) => Spent::First,
            None => Spent::Again,
        })
    }

    async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError> {
        let slot: Result<(Option<Vec<u8>>, u64, u32), _> = Script::new(scripts::LEASE_SLOT)
            .key(self.prefix.lease(key))
            .invoke_async(&mut self.reads())
            .await;
        let (value, seconds, micros) = slot.map_err(failed)?;
        let since = Duration::new(seconds, micros.saturating_mul(1000).min(999_999_999));
        let now = UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH);
        Ok(LeaseSlot::new(value, now))
    }

    async fn swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, StoreError> {
        let swapped = self.try_swap_lease(key, from, to).await;
        swapped.map_err(failed)
    }

    /// Reads all names, which are few: refreshes in progress, and what was left of two hours.
    async fn leases(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        let set = self.prefix.leases();
        let names: Result<Vec<String>, _> = self.reads().zrange(&set, 0, -1).await;
        let mut names = names.map_err(failed)?;
        let is_after = |name: &String| page.after.is_none_or(|after| name.as_str() > after);
        names.retain(|name| name.starts_with(page.prefix) && is_after(name));
        names.sort_unstable();
        names.truncate(page.limit);
        Ok(names)
    }

    /// Does nothing: Redis expires rows and marks by itself.
    async fn delete_expired(&self, _now: SystemTime, _limit: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl RedisStore {
    /// Names a slot before it is filled. Its name goes before it is emptied, and comes back if that fails: then another
    /// owner filled it meanwhile.
    async fn try_swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, RedisError> {
        let set = self.prefix.leases();
        match to {
            Some(_) => self.name_lease(&set, key).await?,
            None => self.writes().zrem(&set, key).await?,
        }
        let swapped: Result<i64, _> = Script::new(scripts::SWAP_LEASE)
            .key(self.prefix.lease(key))
            .arg(from.unwrap_or_default())
            .arg(to.unwrap_or_default())
            .invoke_async(&mut self.writes())
            .await;
        if to.is_none() && !matches!(swapped, Ok(1)) {
            self.name_lease(&set, key).await?;
        }
        Ok(match swapped? {
            0 => Replaced::Conflict,
            _ => Replaced::Done,
        })
    }

    /// Adds a slot to the names.
    pub(crate) async fn name_lease(&self, set: &str, key: &str) -> Result<(), RedisError> {
        Script::new(scripts::NAME_LEASE)
            .key(set)
            .arg(key)
            .invoke_async(&mut self.writes())
            .await
    }

    /// Adds the key to its sets, then writes the row, and adds the key again, because another call may have removed it before the
    /// row was there.
    async fn try_insert(&self, row: &Row) -> Result<Inserted, RedisError> {
        self.index(row).await?;
        let inserted: i64 = Script::new(scripts::INSERT)
            .key(self.prefix.row(row.kind, &row.key))
            .arg(row.version)
            .arg(&row.owner)
            .arg(row.subjects.join(" "))
            .arg(row.ends_at.map(left).unwrap_or_default())
            .arg(&row.sealed)
            .invoke_async(&mut self.writes())
            .await?;
        if inserted == 0 {
            return Ok(Inserted::Exists);
        }
        self.index(row).await?;
        Ok(Inserted::Done)
    }

    /// Replaces a row. For a session this is one script; the sets of a grant are changed before and after it.
    async fn try_replace(&self, expected: Version, row: &Row) -> Result<Replaced, RedisError> {
        let is_grant = row.kind == RowKind::Grant;
        if is_grant {
            self.index(row).await?;
        }
        let was: Option<Listing> = Script::new(scripts::REPLACE)
            .key(self.prefix.row(row.kind, &row.key))
            .arg(row.version)
            .arg(&row.owner)
            .arg(row.subjects.join(" "))
            .arg(row.ends_at.map(left).unwrap_or_default())
            .arg(&row.sealed)
            .arg(expected)
            .invoke_async(&mut self.writes())
            .await?;
        let Some(was) = was else {
            return Ok(Replaced::Conflict);
        };
        if is_grant {
            self.index(row).await?;
            if was != Listing::of(row) {
                self.unindex(row.kind, &row.key, &was).await?;
            }
        }
        Ok(Replaced::Done)
    }

    /// Deletes a row, then removes its key from its sets.
    async fn try_delete(
        &self,
        kind: RowKind,
        key: &str,
        condition: DeleteIf<'_>,
    ) -> Result<Replaced, RedisError> {
        let version = condition.version.map(|version| version.to_string());
        let was: Option<Listing> = Script::new(scripts::DELETE)
            .key(self.prefix.row(kind, key))
            .arg(version.unwrap_or_default())
            .arg(condition.owner.unwrap_or_default())
            .invoke_async(&mut self.writes())
            .await?;
        let Some(was) = was else {
            return Ok(Replaced::Conflict);
        };
        self.unindex(kind, key, &was).await?;
        Ok(Replaced::Done)
    }

    /// Deletes the rows of an owner one by one, unless they have got another owner meanwhile.
    async fn try_delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, RedisError> {
        let condition = DeleteIf {
            version: None,
            owner: Some(owner),
        };
        let mut gone = 0;
        for row in self.rows_of(kind, owner).await? {
            let deleted = self.try_delete(kind, &row.key, condition).await?;
            gone += u64::from(deleted == Replaced::Done);
        }
        Ok(gone)
    }
}
