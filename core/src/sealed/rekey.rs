//! Sealing every row anew with the first key of the ring, so that an old key can be removed.

use std::sync::Arc;

use crate::sealed::grants::{self, account_of, app_text};
use crate::sealed::{Sealed, Unsealed, sessions};
use crate::store::{AppKey, OwnerPage, Replaced, RowKind, StoreError, StoredRow};

/// How many accounts are listed at a time; progress is reported after each part.
const PART: usize = 100;
/// How often a row is sealed and replaced before it is left to the writers that get in between.
const TRIES: usize = 8;

/// How far a change of keys has come: what `progress` of [`Auth::rekey`](crate::Auth::rekey) is told, and the
/// final count.
///
/// ```no_run
/// # async fn drop_the_old_key(auth: threelo::Auth) -> Result<(), threelo::GrantError> {
/// let done = auth.rekey(|so_far| println!("{} accounts", so_far.accounts)).await?;
///
/// if done.unreadable + done.busy == 0 {
///     println!("{} rows were sealed anew; the old key may go", done.sealed);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rekeyed {
    /// The accounts with a grant that were looked at. Their sessions are included.
    pub accounts: u64,
    /// The rows that were sealed with the first key now.
    pub sealed: u64,
    /// The rows that were sealed with the first key before.
    pub current: u64,
    /// The rows that no key of the ring opens. They stay as they are: another instance may have the key.
    pub unreadable: u64,
    /// The rows that other writers changed at each try. They have the first key now, unless an instance still
    /// seals with another one; run it again to be sure.
    pub busy: u64,
}

impl Sealed {
    /// Seals all grants of an app, and the sessions of the accounts that have one, with the first key.
    ///
    /// It may run while the app serves: each row is replaced in the version that was read, so no write of the
    /// app is lost. It can be repeated after a failure and skips what is done. A session whose account has no
    /// grant is not found.
    ///
    /// # Errors
    ///
    /// [`StoreError`] at the first call of the database that fails; what is done is done.
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

    /// Seals the rows of one kind of one owner.
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

    /// Seals one row. If another writer gets in between, the newer row is looked at: it may have the first key
    /// already, or be gone, which needs no counting.
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

    /// Opens a row into the parts that are sealed again, so that the content keeps its current format.
    fn unsealed(&self, app: &AppKey, kind: RowKind, row: &StoredRow) -> Option<Unsealed> {
        match kind {
            RowKind::Session => Some(sessions::unsealed(&*self.session(row)?)),
            RowKind::Grant => Some(grants::unsealed(&*self.grant(app, row)?)),
        }
    }
}

/// Rekeys if the stores are sealed rows. In-memory stores seal nothing, and the answer counts nothing then.
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
