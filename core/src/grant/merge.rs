//! A stored grant and a new consent become one record.

use std::sync::Arc;
use std::time::SystemTime;

use crate::grant::link;
use crate::ids::CloudId;
use crate::provider::site::Site;
use crate::store::GrantRecord;

/// How many consents a record remembers. A write is repeated for an hour at most, and nobody consents eight times
/// in between.
const MOST_CONSENTS: usize = 8;

/// Whether the tokens of `new`, or those that came from them, are stored already, or were until a newer consent
/// took their place. A record that remembers no consents was written by an earlier version, which has only the time:
/// equal times are one consent then.
pub(crate) fn has(stored: &GrantRecord, new: &GrantRecord) -> bool {
    if stored.consents.is_empty() {
        return stored.consented_at == new.consented_at;
    }
    new.consents
        .iter()
        .all(|consent| stored.consents.contains(consent))
}

/// The stored grant with what a consent brought, at the next version.
///
/// Consents are compared with consents: a refresh of the old grant may have been answered after this one, and
/// of two consents the newer one's tokens are kept (`docs/decisions/0051-compare-consents-with-consents.md`).
/// If the stored consent is the newer one, only links and `wanted` are taken over, and the generation stays.
///
/// A stored consent that lies in the future of `now` only proves that clocks differ; the consent that is stored
/// last wins then. Whether `new` is stored already, the caller has decided by [`has`].
pub(crate) fn merge(stored: &GrantRecord, new: &GrantRecord, now: SystemTime) -> GrantRecord {
    let common = GrantRecord {
        wanted: stored.wanted.union(&new.wanted),
        last_site: stored.last_site.clone(),
        links: link::merge(&stored.links, &new.links),
        version: stored.version + 1,
        ..stored.clone()
    };
    // A stored time in the future only proves that clocks differ: the consent that comes last is the newer one then.
    if stored.consented_at > new.consented_at && stored.consented_at <= now {
        return common;
    }
    let consents = stored.consents.iter().chain(new.consents.iter());
    let dropped = consents.clone().count().saturating_sub(MOST_CONSENTS);
    GrantRecord {
        // A consent without `offline_access` leaves the refresh token that a job may live from.
        tokens: new.tokens.clone().keeping(&stored.tokens),
        consented_at: new.consented_at,
        consents: consents.skip(dropped).cloned().collect(),
        asked: new.asked.clone(),
        consent_needed: None,
        sites: new.sites.clone().or_else(|| stored.sites.clone()),
        added: added(stored.sites.as_deref(), new.sites.as_deref()),
        // A list that could not be read is read again soon.
        sites_read_at: match new.sites {
            Some(_) => new.sites_read_at,
            None => SystemTime::UNIX_EPOCH,
        },
        profile: new.profile.clone().or_else(|| stored.profile.clone()),
        generation: stored.generation + 1,
        ..common
    }
}

/// The stored grant, which has the tokens of `new` already, with the rest of what that consent brought: its links, and
/// its sites and profile unless a newer consent was stored since. `None` if nothing is missing.
pub(crate) fn complete(stored: &GrantRecord, new: &GrantRecord) -> Option<GrantRecord> {
    let mut complete = GrantRecord {
        links: link::merge(&stored.links, &new.links),
        ..stored.clone()
    };
    if stored.consents.last() == new.consents.last() {
        complete.profile = new.profile.clone().or(complete.profile);
        if new.sites.is_some() && stored.sites_read_at < new.sites_read_at {
            complete.sites.clone_from(&new.sites);
            complete.added = added(stored.sites.as_deref(), new.sites.as_deref());
            complete.sites_read_at = new.sites_read_at;
        }
    }
    (complete != *stored).then(|| GrantRecord {
        version: stored.version + 1,
        ..complete
    })
}

/// The sites of `after` that are not in `before`; none if either list is unknown, because then nothing tells
/// what is new.
pub(crate) fn added(before: Option<&[Site]>, after: Option<&[Site]>) -> Arc<[CloudId]> {
    let (Some(before), Some(after)) = (before, after) else {
        return Arc::new([]);
    };
    let is_new = |site: &&Site| before.iter().all(|known| known.id != site.id);
    after
        .iter()
        .filter(is_new)
        .map(|site| site.id.clone())
        .collect()
}
