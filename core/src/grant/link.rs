//! Links between grants and users of the app: pure functions over records.

use std::sync::Arc;
use std::time::SystemTime;

use crate::config::{LinkPolicy, Mode};
use crate::ids::{CloudId, Subject};
use crate::ports::Ports;
use crate::store::{GrantRecord, Link};

/// A link that is made at `now`, to the site that the user wished for, if it was granted.
pub(crate) fn new(subject: &Subject, now: SystemTime, site: Option<CloudId>) -> Link {
    Link {
        subject: subject.clone(),
        linked_at: now,
        site,
    }
}

/// The links of both, one for each subject. A link keeps the time of `stored`, which is when the user connected
/// first, and takes the site of `new` if that has one.
pub(crate) fn merge(stored: &[Link], new: &[Link]) -> Arc<[Link]> {
    let of = |links: &[Link], subject: &Subject| {
        let mut links = links.iter();
        links.find(|link| link.subject == *subject).cloned()
    };
    let kept = stored.iter().map(|link| {
        let newer = of(new, &link.subject);
        Link {
            site: newer
                .and_then(|newer| newer.site)
                .or_else(|| link.site.clone()),
            ..link.clone()
        }
    });
    let added = new
        .iter()
        .filter(|link| of(stored, &link.subject).is_none());
    kept.chain(added.cloned()).collect()
}

/// Whether the account belongs to other users of the app under [`LinkPolicy::Refuse`], so that the subject of
/// `new` must not be linked to it. `theirs` are all grants of the account.
///
/// A subject who has the account already keeps using it, even where it was shared under an earlier policy. In
/// sign-in mode and with sharing the answer is always `false`. The `new` grant of a resource-level app does not
/// count as one that was there, because it may be stored already.
pub(crate) fn is_taken(ports: &Ports, theirs: &[Arc<GrantRecord>], new: &GrantRecord) -> bool {
    let Mode::Connect {
        links: LinkPolicy::Refuse,
        ..
    } = ports.config.mode
    else {
        return false;
    };
    let was_there = |stored: &&Arc<GrantRecord>| stored.key != new.key || new.key.consent.is_none();
    let before = theirs.iter().filter(was_there);
    let (mine, others): (Vec<&Link>, Vec<&Link>) = before
        .flat_map(|stored| stored.links.iter())
        .partition(|link| new.link_of(&link.subject).is_some());
    // A user who has the account already keeps it, even if it was shared under an earlier policy.
    mine.is_empty() && !others.is_empty()
}
