//! Connect mode: which users of the app have which account.

use std::sync::Arc;
use std::time::SystemTime;

use super::exchange;
use super::grant;
use super::ports::Ports;
use super::reach::{Holder, Reach};
use crate::config::{LinkPolicy, Mode};
use crate::error::{GrantError, Rejection};
use crate::ids::{CloudId, Subject};
use crate::store::{GrantKey, GrantRecord, Link, Replaced, StoreError};

/// A new link.
pub(super) fn new(subject: &Subject, now: SystemTime) -> Link {
    Link {
        subject: subject.clone(),
        linked_at: now,
        site: None,
    }
}

/// The links of both, one for each subject.
pub(super) fn joined(stored: &Arc<[Link]>, new: &[Link]) -> Arc<[Link]> {
    let is_new = |link: &&Link| stored.iter().all(|known| known.subject != link.subject);
    if !new.iter().any(|link| is_new(&link)) {
        return Arc::clone(stored);
    }
    let added = new.iter().filter(is_new);
    stored.iter().chain(added).cloned().collect()
}

/// Whether another user of the app has the account, and may keep it for themselves.
pub(super) fn is_taken(ports: &Ports, theirs: &[Arc<GrantRecord>], new: &GrantRecord) -> bool {
    theirs
        .iter()
        .any(|stored| belongs_to_others(ports, stored, new))
}

fn belongs_to_others(ports: &Ports, stored: &GrantRecord, new: &GrantRecord) -> bool {
    let Mode::Connect {
        links: LinkPolicy::Refuse,
        ..
    } = ports.config.mode
    else {
        return false;
    };
    let is_theirs = |link: &Link| new.link_of(&link.subject).is_none();
    stored.links.iter().any(is_theirs)
}

/// Resource-level: two users who connected one account at once both found it free. The one whose grant has the smaller
/// key keeps it, whoever asks.
pub(super) fn comes_second(ports: &Ports, theirs: &[Arc<GrantRecord>], new: &GrantRecord) -> bool {
    theirs
        .iter()
        .filter(|stored| stored.key < new.key)
        .any(|stored| belongs_to_others(ports, stored, new))
}

/// Gives the links of a grant to the one that takes its place; `false` if they stay where they are.
pub(super) async fn carry_over(ports: &Ports, from: &GrantRecord, to: &GrantKey) -> bool {
    let carried = grant::change(ports, to, |stored| {
        Some(GrantRecord {
            links: joined(&stored.links, &from.links),
            ..stored.clone()
        })
    });
    matches!(carried.await, Ok(Some(_)))
}

/// The accounts that a user of the app has connected, each with its grants; the earliest link first.
///
/// # Errors
///
/// [`StoreError`] if nobody can tell.
pub(crate) async fn of_subject(
    ports: &Ports,
    subject: &Subject,
) -> Result<Vec<(Holder, Reach)>, StoreError> {
    let mut grants = ports.grants.of_subject(&ports.app, subject).await?;
    // An index may name a grant too many.
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
    let reached = |(holder, grants)| Some((holder, Reach::new(grants)?));
    Ok(accounts.into_iter().filter_map(reached).collect())
}

/// Takes an account from its holder: in connect mode the link, and the grant with the last link; else the grant.
/// Atlassian is asked to revoke what is deleted, behind the request; whether it does is not known to anybody outside, so
/// the visitor is told where to do it.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] if there is nothing to take, [`GrantError::Store`] if some of it may still be there.
pub(crate) async fn disconnect(ports: &Arc<Ports>, holder: &Holder) -> Result<Reach, GrantError> {
    let reach = Reach::load(ports, holder).await?;
    for grant in reach.grants() {
        unlink(ports, grant, holder.subject.as_ref()).await?;
    }
    tracing::info!(target: "threelo", "an account was disconnected");
    Ok(reach)
}

async fn unlink(
    ports: &Arc<Ports>,
    grant: &Arc<GrantRecord>,
    subject: Option<&Subject>,
) -> Result<(), StoreError> {
    let Some(subject) = subject else {
        grant::forget(ports, &grant.key).await?;
        revoke(ports, grant);
        return Ok(());
    };
    // Another user may connect the account in this moment: only what was seen is deleted.
    let mut seen = Some(Arc::clone(grant));
    while let Some(stored) = seen {
        if stored.links.iter().all(|link| link.subject == *subject) {
            if ports.grants.delete_if(&stored.key, stored.version).await? == Replaced::Done {
                ports.refresh.cache.forget(&stored.key);
                revoke(ports, &stored);
                return Ok(());
            }
        } else if leave(ports, &stored.key, subject).await? {
            return Ok(());
        }
        seen = ports.grants.load(&grant.key).await?;
    }
    Ok(())
}

/// Takes a link from a grant that has others; `false` if it is the last one by now.
async fn leave(ports: &Ports, key: &GrantKey, subject: &Subject) -> Result<bool, StoreError> {
    let left = grant::change(ports, key, |stored| {
        let others = stored.links.iter().filter(|link| link.subject != *subject);
        let links: Arc<[Link]> = others.cloned().collect();
        (!links.is_empty()).then(|| GrantRecord {
            links,
            ..stored.clone()
        })
    });
    Ok(left.await?.is_some())
}

fn revoke(ports: &Arc<Ports>, grant: &Arc<GrantRecord>) {
    let (worker, grant) = (Arc::clone(ports), Arc::clone(grant));
    ports
        .tasks
        .spawn(async move { exchange::revoke(&worker, &grant.tokens).await });
}

/// Lets a user of the app work on a site of an account.
///
/// # Errors
///
/// [`Rejection::NotConnected`] if the link is gone, [`Rejection::Store`].
pub(super) async fn choose_site(
    ports: &Ports,
    key: &GrantKey,
    (subject, id): (&Subject, &CloudId),
) -> Result<(), Rejection> {
    let chosen = grant::change(ports, key, |stored| {
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
