//! Links between grants and users of the app.

use std::sync::Arc;
use std::time::SystemTime;

use crate::config::{LinkPolicy, Mode};
use crate::ids::{CloudId, Subject};
use crate::ports::Ports;
use crate::store::{GrantRecord, Link};

/// A new link.
pub(crate) fn new(subject: &Subject, now: SystemTime, site: Option<CloudId>) -> Link {
    Link {
        subject: subject.clone(),
        linked_at: now,
        site,
    }
}

/// The links of both, one for each subject: as old as the older one, at the site of the newer one if it has one.
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

/// Whether another user of the app has the account, and may keep it for themselves.
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
    // Who has the account already goes on using it, also where it was shared before.
    mine.is_empty() && !others.is_empty()
}
