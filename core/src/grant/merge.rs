//! A stored grant and a new consent become one record.

use std::sync::Arc;
use std::time::SystemTime;

use crate::grant::link;
use crate::ids::CloudId;
use crate::provider::site::Site;
use crate::store::GrantRecord;

/// The stored grant with what a consent brought, at the next version.
///
/// Consents are compared with consents: a refresh of the old grant may have been answered after this one, and
/// of two consents the newer one's tokens are kept (`docs/decisions/0051-compare-consents-with-consents.md`).
/// If the stored consent is the newer one, only links and `wanted` are taken over, and the generation stays.
///
/// A stored consent that lies in the future of `now` only proves that clocks differ; the consent that is stored
/// last wins then.
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
    GrantRecord {
        tokens: new.tokens.clone(),
        consented_at: new.consented_at,
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
