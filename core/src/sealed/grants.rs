//! Grants as rows, and their leases.
//!
//! Keys and owners are texts of parts that contain no space: origin, client id, account id and consent id.
//! Account ids are in clear, because grants are found and listed by them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;

use crate::clock::{from_unix_seconds, unix_seconds};
use crate::error::Causes;
use crate::ids::{AccountId, ConsentId, Subject};
use crate::sealed::{Sealed, Unsealed, wire};
use crate::store::{
    AppKey, GrantKey, GrantRecord, GrantStore, Inserted, Lease, LeaseOwner, LeaseRequest, LeaseRow,
    OwnerPage, PageRequest, Renewed, Replaced, RowKind, StoreError, StoredRow, Unfinished, Version,
};

/// Rows of this file.
const KIND: RowKind = RowKind::Grant;
/// How many lease slots are listed at a time.
const SLOTS: usize = 500;
/// How often a lease slot is read and swapped before the call fails. Other writers change it only when they
/// take, renew or release, so a second try is rare.
const TRIES: usize = 8;

/// The beginning of all keys and owners of an app, with the space that ends it: no other app's text begins with
/// it.
pub(crate) fn app_text(app: &AppKey) -> String {
    format!("{} {} ", app.environment, app.client_id)
}

/// The owner of an account's grants.
fn owner_text(app: &AppKey, account: &AccountId) -> String {
    format!("{}{account}", app_text(app))
}

/// The account of an owner that begins with `app_text`; `None` if it is not an owner of this app.
pub(crate) fn account_of(app_text: &str, owner: &str) -> Option<AccountId> {
    AccountId::parse(owner.strip_prefix(app_text)?).ok()
}

/// The key of a grant in the database: the owner, and the consent for a resource-level app.
fn key_text(key: &GrantKey) -> String {
    let owner = owner_text(&key.app, &key.account);
    match &key.consent {
        Some(consent) => format!("{owner} {}", consent.as_str()),
        None => owner,
    }
}

/// The grant key of a text, the inverse of [`key_text`] for rows of one app.
fn read_key(app: &AppKey, text: &str) -> Option<GrantKey> {
    let rest = text.strip_prefix(&app_text(app))?;
    let (account, consent) = match rest.split_once(' ') {
        Some((account, consent)) => (account, Some(ConsentId::parse(consent).ok()?)),
        None => (rest, None),
    };
    Some(GrantKey {
        app: app.clone(),
        account: AccountId::parse(account).ok()?,
        consent,
    })
}

/// The subject as databases see it. It is the app's own id of a person, perhaps an email address, so rows show
/// a hash over it and the app.
fn subject_text(app: &AppKey, subject: &Subject) -> String {
    let text = format!("{}{subject}", app_text(app));
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// The row of a grant before it is sealed. It has no end: a grant without use stays until it is deleted,
/// because its consent can be renewed in place.
pub(crate) fn unsealed(record: &GrantRecord) -> Unsealed {
    let app = &record.key.app;
    let subjects = record.links.iter();
    Unsealed {
        kind: KIND,
        key: key_text(&record.key),
        version: record.version,
        plaintext: wire::grant(record),
        owner: owner_text(app, &record.key.account),
        subjects: subjects
            .map(|link| subject_text(app, &link.subject))
            .collect(),
        ends_at: None,
    }
}

/// What an operator reads whose instance lacks a key.
const UNREADABLE: &str = "a grant of the account cannot be opened: its key is not in this instance's THREELO_KEYS; \
     give it the key, or call delete_account if the key is lost";

impl Sealed {
    /// The grant in a row; `None`, reported once, if it cannot be opened or read.
    pub(crate) fn grant(&self, app: &AppKey, row: &StoredRow) -> Option<Arc<GrantRecord>> {
        let plaintext = self.open(KIND, row)?;
        let key = read_key(app, &row.key)?;
        let record = wire::read_grant(key, row.version, &plaintext);
        record
            .map(Arc::new)
            .or_else(|| self.unreadable(KIND, &row.key))
    }

    /// The grants in rows, without those that cannot be opened.
    fn grants(&self, app: &AppKey, rows: &[StoredRow]) -> Vec<Arc<GrantRecord>> {
        rows.iter().filter_map(|row| self.grant(app, row)).collect()
    }

    /// Applies a rule to a lease slot, and repeats it while other writers get in between.
    ///
    /// `rule` gets what is in the slot and the database's time. `Ok` is the new content with an outcome, `Err`
    /// an outcome that changes nothing. Content that cannot be read counts as empty for the rule, and is still
    /// compared byte by byte in the swap.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database failed, or after eight lost swaps. The last swap may have been done if
    /// its answer was lost.
    async fn change_lease<T: Send>(
        &self,
        key: &GrantKey,
        rule: impl Fn(Option<LeaseRow>, std::time::SystemTime) -> Result<(Option<LeaseRow>, T), T>
        + Send
        + Sync,
    ) -> Result<T, StoreError> {
        let key = key_text(key);
        for _ in 0..TRIES {
            let slot = self.rows.lease_slot(&key).await?;
            let row = slot.value.as_deref().and_then(wire::read_lease);
            let (to, outcome) = match rule(row, slot.now) {
                Ok(changed) => changed,
                Err(unchanged) => return Ok(unchanged),
            };
            let to = to.as_ref().map(wire::lease);
            let swapped = self
                .rows
                .swap_lease(&key, slot.value.as_deref(), to.as_deref());
            if swapped.await? == Replaced::Done {
                return Ok(outcome);
            }
        }
        Err(StoreError::Failed(
            "too many concurrent writes to one lease".into(),
        ))
    }
}

#[async_trait]
impl GrantStore for Sealed {
    /// Inserts. A row that cannot be opened gives way to a consent of the same account, but not to a user of the
    /// app in connect mode: it may be another user's.
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError> {
        if record.links.is_empty() {
            return self.insert_row(unsealed(&record)).await;
        }
        let row = self.row(&unsealed(&record))?;
        self.rows.insert(&row).await
    }

    /// One read; nothing is cached here.
    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        let row = self.rows.load(KIND, &key_text(key)).await?;
        Ok(row.and_then(|row| self.grant(&key.app, &row)))
    }

    /// Seals and replaces, with the hashes of the current links.
    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        let row = self.row(&unsealed(&record))?;
        self.rows.replace(expected, &row).await
    }

    /// Deletes the row, then empties the lease slot. A crash in between leaves a lease that ends by its time.
    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError> {
        let text = key_text(key);
        let _gone = self.rows.delete(KIND, &text, None).await?;
        self.forget_lease(&text).await;
        Ok(())
    }

    /// Deletes the row in the expected version only; the lease goes only with the row.
    async fn delete_if(&self, key: &GrantKey, expected: Version) -> Result<Replaced, StoreError> {
        let text = key_text(key);
        let gone = self.rows.delete(KIND, &text, Some(expected)).await?;
        if gone == Replaced::Done {
            self.forget_lease(&text).await;
        }
        Ok(gone)
    }

    /// Deletes all rows of the account, those that cannot be opened included, then their leases.
    async fn delete_of(&self, app: &AppKey, account: &AccountId) -> Result<u64, StoreError> {
        let owner = owner_text(app, account);
        let theirs = self.rows.of_owner(KIND, &owner).await?;
        let gone = self.rows.delete_of(KIND, &owner).await?;
        for row in theirs {
            self.forget_lease(&row.key).await;
        }
        Ok(gone)
    }

    /// Opens all rows of the account.
    async fn of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        let rows = self.rows.of_owner(KIND, &owner_text(app, account)).await?;
        Ok(self.grants(app, &rows))
    }

    /// Opens all rows of the account.
    async fn all_of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        let rows = self.rows.of_owner(KIND, &owner_text(app, account)).await?;
        let grants = self.grants(app, &rows);
        if grants.len() < rows.len() {
            return Err(StoreError::Failed(UNREADABLE.into()));
        }
        Ok(grants)
    }

    /// Opens the rows that the index names, and drops those whose record has no such link.
    async fn of_subject(
        &self,
        app: &AppKey,
        subject: &Subject,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        let rows = self.rows.of_subject(&subject_text(app, subject)).await?;
        let mut grants = self.grants(app, &rows);
        grants.retain(|grant| grant.link_of(subject).is_some());
        Ok(grants)
    }

    /// The accounts are read from the owners; nothing is opened.
    async fn accounts(
        &self,
        app: &AppKey,
        page: &PageRequest,
    ) -> Result<Vec<AccountId>, StoreError> {
        let prefix = app_text(app);
        let after = page.after.as_ref().map(|after| owner_text(app, after));
        let page = OwnerPage::new(&prefix, after.as_deref(), page.limit);
        let owners = self.rows.owners(&page).await?;
        let accounts = owners.iter().filter_map(|owner| account_of(&prefix, owner));
        Ok(accounts.collect())
    }

    /// Takes the lease by the rule of [`LeaseRow::take`]: one read and one swap.
    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let rule = |row: Option<LeaseRow>, now| match LeaseRow::take(row.as_ref(), request, now) {
            Some(taken) => Ok((Some(taken), Lease::Taken(taken.attempts(now)))),
            None => Err(Lease::Held),
        };
        self.change_lease(key, rule).await
    }

    /// Extends the lease by the rule of [`LeaseRow::renewed`].
    async fn renew(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Renewed, StoreError> {
        let rule = |row: Option<LeaseRow>, now| match row.and_then(|row| row.renewed(request, now))
        {
            Some(renewed) => Ok((Some(renewed), Renewed::Done)),
            None => Err(Renewed::Lost),
        };
        self.change_lease(key, rule).await
    }

    /// Gives the lease back by the rule of [`LeaseRow::released`]; nothing happens if another owner has it.
    async fn release(
        &self,
        key: &GrantKey,
        owner: LeaseOwner,
        settled: bool,
    ) -> Result<(), StoreError> {
        let rule = |row: Option<LeaseRow>, _| match row.filter(|row| row.owner == Some(owner)) {
            Some(row) => Ok((row.released(settled), ())),
            None => Err(()),
        };
        self.change_lease(key, rule).await
    }

    /// Reads every slot of the app that is not empty: those of refreshes in progress, and few others.
    async fn unfinished(&self, app: &AppKey) -> Result<Vec<Unfinished>, StoreError> {
        let prefix = app_text(app);
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = OwnerPage::new(&prefix, after.as_deref(), SLOTS);
            let keys = self.rows.leases(&page).await?;
            for key in &keys {
                match self.abandoned(app, key).await {
                    Ok(one) => found.extend(one),
                    Err(_) if !found.is_empty() => return Ok(found),
                    Err(error) => return Err(error),
                }
            }
            match keys.into_iter().next_back() {
                Some(last) if after.as_ref() != Some(&last) => after = Some(last),
                _ => return Ok(found),
            }
        }
    }

    /// Swaps the time of the last turn in a lease slot of its own.
    async fn take_turn(&self, app: &AppKey, gap: Duration) -> Result<bool, StoreError> {
        let key = format!("turn {}", app_text(app).trim_end());
        let slot = self.rows.lease_slot(&key).await?;
        let last = slot
            .value
            .as_deref()
            .and_then(|value| str::from_utf8(value).ok());
        let last = last
            .and_then(|text| text.parse().ok())
            .map(from_unix_seconds);
        // A time that lies ahead was written by a clock that was wrong: it is no turn.
        let rest = last.and_then(|last| slot.now.duration_since(last).ok());
        if rest.is_some_and(|rest| rest < gap) {
            return Ok(false);
        }
        let now = unix_seconds(slot.now).to_string();
        let from = slot.value.as_deref();
        let swapped = self
            .rows
            .swap_lease(&key, from, Some(now.as_bytes()))
            .await?;
        Ok(swapped == Replaced::Done)
    }
}

impl Sealed {
    /// Reads a slot of the app; `None` if nobody abandoned it.
    async fn abandoned(&self, app: &AppKey, key: &str) -> Result<Option<Unfinished>, StoreError> {
        let slot = self.rows.lease_slot(key).await?;
        let row = slot.value.as_deref().and_then(wire::read_lease);
        let row = row.filter(|row| row.is_abandoned(slot.now));
        Ok(row.and_then(|row| {
            Some(Unfinished {
                key: read_key(app, key)?,
                generation: row.generation,
            })
        }))
    }

    /// Empties the lease slot of a grant that was just deleted. A failure is logged and not returned: the grant
    /// is gone, and a lease that stays ends by itself.
    async fn forget_lease(&self, key: &str) {
        let forgotten = async {
            let slot = self.rows.lease_slot(key).await?;
            match slot.value.as_deref() {
                Some(value) => self.rows.swap_lease(key, Some(value), None).await,
                // A store may name a slot that is empty.
                None => self.rows.swap_lease(key, None, None).await,
            }
        };
        if let Err(error) = forgotten.await {
            tracing::debug!(
                target: "threelo",
                error = %Causes(&error),
                "the lease of a deleted grant could not be removed; it expires"
            );
        }
    }
}
