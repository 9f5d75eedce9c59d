//! Grants as rows, and their leases.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;

use crate::error::Causes;
use crate::ids::{AccountId, ConsentId, Subject};
use crate::sealed::{Sealed, Unsealed, wire};
use crate::store::{
    AppKey, GrantKey, GrantRecord, GrantStore, Inserted, Lease, LeaseOwner, LeaseRequest, LeaseRow,
    OwnerPage, PageRequest, Renewed, Replaced, RowKind, StoreError, StoredRow, Version,
};

const KIND: RowKind = RowKind::Grant;
/// Others write a lease's slot in the same moment only so often.
const TRIES: usize = 8;

/// The parts of a key hold no space.
pub(crate) fn app_text(app: &AppKey) -> String {
    format!("{} {} ", app.environment, app.client_id)
}

fn owner_text(app: &AppKey, account: &AccountId) -> String {
    format!("{}{account}", app_text(app))
}

/// The account of such an owner.
pub(crate) fn account_of(app_text: &str, owner: &str) -> Option<AccountId> {
    AccountId::parse(owner.strip_prefix(app_text)?).ok()
}

fn key_text(key: &GrantKey) -> String {
    let owner = owner_text(&key.app, &key.account);
    match &key.consent {
        Some(consent) => format!("{owner} {}", consent.as_str()),
        None => owner,
    }
}

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

/// A subject is the app's own id of a person, perhaps an address: rows show a hash of it.
fn subject_text(app: &AppKey, subject: &Subject) -> String {
    let text = format!("{}{subject}", app_text(app));
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

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

impl Sealed {
    pub(crate) fn grant(&self, app: &AppKey, row: &StoredRow) -> Option<Arc<GrantRecord>> {
        let plaintext = self.open(KIND, row)?;
        let key = read_key(app, &row.key)?;
        let record = wire::read_grant(key, row.version, &plaintext);
        record
            .map(Arc::new)
            .or_else(|| self.unreadable(KIND, &row.key))
    }

    fn grants(&self, app: &AppKey, rows: &[StoredRow]) -> Vec<Arc<GrantRecord>> {
        rows.iter().filter_map(|row| self.grant(app, row)).collect()
    }

    /// Changes a lease's slot by a rule, until nobody else writes in between.
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
        Err(StoreError::Failed("a lease is written too often".into()))
    }
}

#[async_trait]
impl GrantStore for Sealed {
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError> {
        self.insert_row(unsealed(&record)).await
    }

    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        let row = self.rows.load(KIND, &key_text(key)).await?;
        Ok(row.and_then(|row| self.grant(&key.app, &row)))
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        let row = self.row(&unsealed(&record))?;
        self.rows.replace(expected, &row).await
    }

    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError> {
        let text = key_text(key);
        let _gone = self.rows.delete(KIND, &text, None).await?;
        self.forget_lease(&text).await;
        Ok(())
    }

    async fn delete_if(&self, key: &GrantKey, expected: Version) -> Result<Replaced, StoreError> {
        let text = key_text(key);
        let gone = self.rows.delete(KIND, &text, Some(expected)).await?;
        if gone == Replaced::Done {
            self.forget_lease(&text).await;
        }
        Ok(gone)
    }

    async fn delete_of(&self, app: &AppKey, account: &AccountId) -> Result<u64, StoreError> {
        let owner = owner_text(app, account);
        let theirs = self.rows.of_owner(KIND, &owner).await?;
        let gone = self.rows.delete_of(KIND, &owner).await?;
        for row in theirs {
            self.forget_lease(&row.key).await;
        }
        Ok(gone)
    }

    async fn of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        let rows = self.rows.of_owner(KIND, &owner_text(app, account)).await?;
        Ok(self.grants(app, &rows))
    }

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

    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let rule = |row: Option<LeaseRow>, now| match LeaseRow::take(row.as_ref(), request, now) {
            Some(taken) => Ok((Some(taken), Lease::Taken(taken.attempts(now)))),
            None => Err(Lease::Held),
        };
        self.change_lease(key, rule).await
    }

    async fn renew(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Renewed, StoreError> {
        let rule = |row: Option<LeaseRow>, now| match row.and_then(|row| row.renewed(request, now))
        {
            Some(renewed) => Ok((Some(renewed), Renewed::Done)),
            None => Err(Renewed::Lost),
        };
        self.change_lease(key, rule).await
    }

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
}

impl Sealed {
    /// A grant that is gone needs no lease; one that stays ends by itself, so that nobody hears of it: the grant *is* gone.
    async fn forget_lease(&self, key: &str) {
        let forgotten = async {
            let slot = self.rows.lease_slot(key).await?;
            match slot.value.as_deref() {
                Some(value) => self.rows.swap_lease(key, Some(value), None).await,
                None => Ok(Replaced::Done),
            }
        };
        if let Err(error) = forgotten.await {
            tracing::debug!(target: "threelo", error = %Causes(&error), "the lease of a deleted grant stays until it ends");
        }
    }
}
