//! Every row gets the key that seals now.

use std::sync::Arc;

use crate::sealed::grants::{self, account_of, app_text};
use crate::sealed::{Sealed, Unsealed, sessions};
use crate::store::{AppKey, OwnerPage, Replaced, RowKind, StoreError, StoredRow};

/// So many accounts at once.
const PART: usize = 100;
/// Others write a row in the same moment only so often.
const TRIES: usize = 8;

/// How far a change of keys has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rekeyed {
    /// The accounts that were looked at.
    pub accounts: u64,
    /// The rows that got the first key.
    pub sealed: u64,
    /// The rows that had it.
    pub current: u64,
    /// The rows that no key of the ring opens; they stay as they are.
    pub unreadable: u64,
    /// The rows that others wrote each time: with the first key, unless an instance still seals with another one.
    pub busy: u64,
}

impl Sealed {
    /// Seals all grants of an app, and the sessions of the accounts that have one, with the first key.
    pub(crate) async fn rekey(
        &self,
        app: &AppKey,
        tell: &mut (dyn FnMut(Rekeyed) + Send),
    ) -> Result<Rekeyed, StoreError> {
        let (prefix, mut after) = (app_text(app), None::<String>);
        let mut so_far = Rekeyed::default();
        loop {
            let page = OwnerPage::new(&prefix, after.as_deref(), PART);
            let owners = self.rows.owners(&page).await?;
            for owner in &owners {
                self.rekey_owner(app, RowKind::Grant, owner, &mut so_far)
                    .await?;
                if let Some(account) = account_of(&prefix, owner) {
                    self.rekey_owner(app, RowKind::Session, account.as_str(), &mut so_far)
                        .await?;
                }
                so_far.accounts += 1;
            }
            tell(so_far);
            after = owners.last().cloned();
            if owners.len() < PART {
                return Ok(so_far);
            }
        }
    }

    async fn rekey_owner(
        &self,
        app: &AppKey,
        kind: RowKind,
        owner: &str,
        so_far: &mut Rekeyed,
    ) -> Result<(), StoreError> {
        for row in self.rows.of_owner(kind, owner).await? {
            self.rekey_row(app, kind, row, so_far).await?;
        }
        Ok(())
    }

    async fn rekey_row(
        &self,
        app: &AppKey,
        kind: RowKind,
        mut row: StoredRow,
        so_far: &mut Rekeyed,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            if self.keys.is_current(&row.sealed) {
                so_far.current += 1;
                return Ok(());
            }
            let Some(unsealed) = self.unsealed(app, kind, &row) else {
                so_far.unreadable += 1;
                return Ok(());
            };
            let resealed = self.row(&Unsealed {
                version: row.version + 1,
                ..unsealed
            })?;
            if self.rows.replace(row.version, &resealed).await? == Replaced::Done {
                so_far.sealed += 1;
                return Ok(());
            }
            match self.rows.load(kind, &row.key).await? {
                Some(newer) => row = newer,
                None => return Ok(()),
            }
        }
        so_far.busy += 1;
        Ok(())
    }

    fn unsealed(&self, app: &AppKey, kind: RowKind, row: &StoredRow) -> Option<Unsealed> {
        match kind {
            RowKind::Session => Some(sessions::unsealed(&*self.session(row)?)),
            RowKind::Grant => Some(grants::unsealed(&*self.grant(app, row)?)),
        }
    }
}

/// Rekeys where there is something sealed.
pub(crate) async fn rekey(
    sealed: Option<&Arc<Sealed>>,
    app: &AppKey,
    tell: &mut (dyn FnMut(Rekeyed) + Send),
) -> Result<Rekeyed, StoreError> {
    match sealed {
        Some(sealed) => sealed.rekey(app, tell).await,
        None => Ok(Rekeyed::default()),
    }
}
