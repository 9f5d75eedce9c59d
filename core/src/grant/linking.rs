//! Connect mode: which users of the app have which account
//! (`docs/decisions/0036-links-in-the-grant-record.md`).

use std::sync::Arc;

use crate::error::{GrantError, Rejection};
use crate::grant::set::{GrantSet, Holder};
use crate::grant::{link, records};
use crate::ids::{CloudId, Subject};
use crate::ports::Ports;
use crate::store::{GrantKey, GrantRecord, Link, Replaced, StoreError};

/// Resource-level: gives what an older grant knew to the one that takes its place, and then removes the older
/// one.
///
/// In connect mode only the link of the user who consented moves; the older grant stays for the other users who
/// have it. The new grant is written first: a crash in between leaves both, and the next consent that covers
/// the older one removes it. If the new grant is gone by then, the older one is left alone.
///
/// # Errors
///
/// [`StoreError`] if the store failed; the older grant may still be there.
pub(crate) async fn hand_over(
    ports: &Ports,
    older: &Arc<GrantRecord>,
    new: &GrantRecord,
) -> Result<(), StoreError> {
    let subject = new.links.first().map(|link| link.subject.clone());
    let before = subject.as_ref().and_then(|subject| older.link_of(subject));
    let taken = records::change(ports, &new.key, |stored| {
        Some(GrantRecord {
            wanted: stored.wanted.union(&older.wanted),
            last_site: stored.last_site.clone().or_else(|| older.last_site.clone()),
            // The older link goes first, because it has the time of the first connection.
            links: match before {
                Some(before) => link::merge(std::slice::from_ref(before), &stored.links),
                None => Arc::clone(&stored.links),
            },
            ..stored.clone()
        })
    });
    if taken.await?.is_none() {
        return Ok(());
    }
    match subject {
        Some(subject) => remove_link_or_grant(ports, older, &subject)
            .await
            .map(|_gone| ()),
        None => records::forget(ports, &older.key).await,
    }
}

/// The accounts that a user of the app has connected, each with its grants, in the order in which they were
/// connected.
///
/// # Errors
///
/// [`StoreError`] if the store failed. A list that might be incomplete is never returned.
pub(crate) async fn of_subject(
    ports: &Ports,
    subject: &Subject,
) -> Result<Vec<GrantSet>, StoreError> {
    let mut grants = ports.grants.of_subject(&ports.app, subject).await?;
    // The index may still name a grant that is no longer linked.
    grants.retain(|grant| grant.link_of(subject).is_some());
    let linked_at = |grant: &GrantRecord| grant.link_of(subject).map(|link| link.linked_at);
    grants.sort_by(|a, b| (linked_at(a), &a.key).cmp(&(linked_at(b), &b.key)));
    let mut accounts: Vec<(Holder, Vec<Arc<GrantRecord>>)> = Vec::new();
    for grant in grants {
        match accounts
            .iter_mut()
            .find(|(holder, _)| holder.account == grant.key.account)
        {
            Some((_, theirs)) => theirs.push(grant),
            None => {
                let holder = Holder {
                    account: grant.key.account.clone(),
                    subject: Some(subject.clone()),
                };
                accounts.push((holder, vec![grant]));
            }
        }
    }
    let set = |(holder, grants)| GrantSet::new(holder, grants);
    Ok(accounts.into_iter().filter_map(set).collect())
}

/// Takes an account from its holder: in connect mode the link, and the grant with the last link; in sign-in
/// mode the grant.
///
/// Atlassian is asked in the background to revoke what is deleted. Whether that has any effect is not
/// documented (`docs/protocol.md`, section 9), so pages tell the visitor where to remove the app.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] if there is nothing to take, [`GrantError::Store`] if some of it may still be
/// there.
pub(crate) async fn disconnect(ports: &Arc<Ports>, holder: &Holder) -> Result<(), GrantError> {
    let set = GrantSet::load(ports, holder).await?;
    for grant in set.grants() {
        unlink(ports, grant, holder.subject.as_ref()).await?;
    }
    tracing::info!(target: "threelo", "an account was disconnected");
    Ok(())
}

/// Takes one grant of the set from its holder, and starts the revocation if the grant itself was deleted.
async fn unlink(
    ports: &Arc<Ports>,
    grant: &Arc<GrantRecord>,
    subject: Option<&Subject>,
) -> Result<(), StoreError> {
    let Some(subject) = subject else {
        records::forget(ports, &grant.key).await?;
        revoke(ports, grant);
        return Ok(());
    };
    if let Some(gone) = remove_link_or_grant(ports, grant, subject).await? {
        revoke(ports, &gone);
    }
    Ok(())
}

/// Takes a user's link from a grant, or deletes the grant if it was the last link; returns the grant if it was
/// deleted.
///
/// Another user may connect the account at the same moment: a grant is deleted only in the version that was
/// seen, and a conflict looks again. The grant that was deleted is returned with the tokens that are to be
/// revoked.
async fn remove_link_or_grant(
    ports: &Ports,
    grant: &Arc<GrantRecord>,
    subject: &Subject,
) -> Result<Option<Arc<GrantRecord>>, StoreError> {
    let mut seen = Some(Arc::clone(grant));
    while let Some(stored) = seen {
        if stored.links.iter().all(|link| link.subject == *subject) {
            let deleted = ports.grants.delete_if(&stored.key, stored.version).await;
            // After an error too: the deletion may have happened although its answer was lost.
            if !matches!(deleted, Ok(Replaced::Conflict)) {
                ports.refresh.cache.forget(&stored.key, ports.now());
            }
            if deleted? == Replaced::Done {
                return Ok(Some(stored));
            }
        } else if remove_link(ports, &stored.key, subject).await? {
            return Ok(None);
        }
        seen = ports.grants.load(&grant.key).await?;
    }
    Ok(None)
}

/// Takes a link from a grant that has others. `false` if it is the last link by now, or if the grant is gone;
/// nothing is changed then.
async fn remove_link(ports: &Ports, key: &GrantKey, subject: &Subject) -> Result<bool, StoreError> {
    let left = records::change(ports, key, |stored| {
        let others = stored.links.iter().filter(|link| link.subject != *subject);
        let links: Arc<[Link]> = others.cloned().collect();
        (!links.is_empty()).then(|| GrantRecord {
            links,
            ..stored.clone()
        })
    });
    Ok(left.await?.is_some())
}

/// Asks Atlassian in the background to revoke the tokens of a deleted grant, once. A failure is logged and has
/// no other effect: the tokens are gone here already.
pub(crate) fn revoke(ports: &Arc<Ports>, grant: &Arc<GrantRecord>) {
    let (worker, grant) = (Arc::clone(ports), Arc::clone(grant));
    ports
        .tasks
        .spawn(async move { worker.provider.revoke(&grant.tokens).await });
}

/// Remembers the site on which a user of the app works with an account. Whether the grant reaches that site is
/// the caller's check.
///
/// # Errors
///
/// [`Rejection::NotConnected`] if the link or the grant is gone, [`Rejection::Store`] if the store failed.
pub(crate) async fn choose_site(
    ports: &Ports,
    key: &GrantKey,
    subject: &Subject,
    id: &CloudId,
) -> Result<(), Rejection> {
    let chosen = records::change(ports, key, |stored| {
        stored.link_of(subject)?;
        let links = stored.links.iter().cloned().map(|link| {
            let is_theirs = link.subject == *subject;
            Link {
                site: if is_theirs {
                    Some(id.clone())
                } else {
                    link.site
                },
                ..link
            }
        });
        Some(GrantRecord {
            links: links.collect(),
            ..stored.clone()
        })
    });
    chosen.await?.map(|_| ()).ok_or(Rejection::NotConnected)
}
