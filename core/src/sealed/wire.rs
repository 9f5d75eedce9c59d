//! Records as the JSON that is sealed. Fields are added, never changed: a row may be older than the program.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ids::{CloudId, SessionTokenHash, Subject};
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::TokenSet;
use crate::scope::Scopes;
use crate::secret::{AccessToken, RefreshToken};
use crate::store::{
    ConsentMark, ConsentReason, GrantKey, GrantRecord, LeaseOwner, LeaseRow, Link, SessionRecord,
    Version,
};

/// Nanoseconds since 1970, which end in 2554.
type Nanos = u64;

fn nanos(time: SystemTime) -> Nanos {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn time(nanos: Nanos) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_nanos(nanos))
        .unwrap_or(UNIX_EPOCH)
}

#[derive(Serialize, Deserialize)]
struct Session {
    profile: Arc<Profile>,
    site: Option<String>,
    profile_read_at: Nanos,
    #[serde(default)]
    remembered: bool,
    created_at: Nanos,
    seen_at: Nanos,
    expires_at: Nanos,
}

/// The plaintext of a session.
pub(crate) fn session(record: &SessionRecord) -> Option<Zeroizing<Vec<u8>>> {
    let wire = Session {
        profile: Arc::clone(&record.profile),
        site: record.site.as_ref().map(|id| id.as_str().to_owned()),
        profile_read_at: nanos(record.profile_read_at),
        remembered: record.remembered,
        created_at: nanos(record.created_at),
        seen_at: nanos(record.seen_at),
        expires_at: nanos(record.expires_at),
    };
    serde_json::to_vec(&wire).ok().map(Zeroizing::new)
}

/// The session of a plaintext.
pub(crate) fn read_session(
    key: SessionTokenHash,
    version: Version,
    plaintext: &[u8],
) -> Option<SessionRecord> {
    let wire: Session = serde_json::from_slice(plaintext).ok()?;
    Some(SessionRecord {
        key,
        profile: wire.profile,
        site: cloud_id(wire.site),
        profile_read_at: time(wire.profile_read_at),
        remembered: wire.remembered,
        created_at: time(wire.created_at),
        seen_at: time(wire.seen_at),
        expires_at: time(wire.expires_at),
        version,
    })
}

fn cloud_id(text: Option<String>) -> Option<CloudId> {
    CloudId::parse(&text?).ok()
}

#[derive(Serialize, Deserialize)]
struct Grant<'a> {
    // Borrowed unless a token has characters that JSON escapes.
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
    expires_at: Nanos,
    exchanged_at: Nanos,
    scopes: String,
    consented_at: Nanos,
    asked: String,
    wanted: String,
    mark: Option<Mark>,
    sites: Option<Vec<WireSite>>,
    added: Vec<String>,
    sites_read_at: Nanos,
    last_site: Option<String>,
    profile: Option<Arc<Profile>>,
    links: Vec<WireLink>,
    generation: u64,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    reason: String,
    since: Nanos,
    checked_at: Nanos,
}

#[derive(Serialize, Deserialize)]
struct WireSite {
    id: String,
    name: String,
    url: Option<String>,
    avatar_url: Option<String>,
    scopes: String,
}

#[derive(Serialize, Deserialize)]
struct WireLink {
    subject: String,
    linked_at: Nanos,
    site: Option<String>,
}

/// The plaintext of a grant.
pub(crate) fn grant(record: &GrantRecord) -> Option<Zeroizing<Vec<u8>>> {
    let tokens = &record.tokens;
    let sites = record.sites.as_deref();
    let wire = Grant {
        access_token: tokens.access_token.expose().into(),
        refresh_token: tokens
            .refresh_token
            .as_ref()
            .map(|token| token.expose().into()),
        expires_at: nanos(tokens.expires_at),
        exchanged_at: nanos(tokens.exchanged_at),
        scopes: tokens.scopes.to_string(),
        consented_at: nanos(record.consented_at),
        asked: record.asked.to_string(),
        wanted: record.wanted.to_string(),
        mark: record.consent_needed.as_ref().map(Mark::of),
        sites: sites.map(|sites| sites.iter().map(WireSite::of).collect()),
        added: record.added.iter().map(CloudId::to_string).collect(),
        sites_read_at: nanos(record.sites_read_at),
        last_site: record.last_site.as_ref().map(CloudId::to_string),
        profile: record.profile.clone(),
        links: record.links.iter().map(WireLink::of).collect(),
        generation: record.generation,
    };
    serde_json::to_vec(&wire).ok().map(Zeroizing::new)
}

/// The grant of a plaintext.
pub(crate) fn read_grant(key: GrantKey, version: Version, plaintext: &[u8]) -> Option<GrantRecord> {
    let wire: Grant<'_> = serde_json::from_slice(plaintext).ok()?;
    let sites = wire.sites.map(|sites| {
        let sites = sites.into_iter().filter_map(WireSite::into_site);
        sites.collect::<Arc<[Site]>>()
    });
    Some(GrantRecord {
        key,
        tokens: TokenSet {
            access_token: AccessToken::new(wire.access_token),
            refresh_token: wire.refresh_token.map(RefreshToken::new),
            expires_at: time(wire.expires_at),
            exchanged_at: time(wire.exchanged_at),
            scopes: Scopes::parse(&wire.scopes),
        },
        consented_at: time(wire.consented_at),
        asked: Scopes::parse(&wire.asked),
        wanted: Scopes::parse(&wire.wanted),
        consent_needed: wire.mark.and_then(Mark::into_mark),
        sites,
        added: wire
            .added
            .into_iter()
            .filter_map(|id| cloud_id(Some(id)))
            .collect(),
        sites_read_at: time(wire.sites_read_at),
        last_site: cloud_id(wire.last_site),
        profile: wire.profile,
        links: wire
            .links
            .into_iter()
            .filter_map(WireLink::into_link)
            .collect(),
        generation: wire.generation,
        version,
    })
}

impl Mark {
    fn of(mark: &ConsentMark) -> Self {
        Self {
            reason: mark.reason.as_str().to_owned(),
            since: nanos(mark.since),
            checked_at: nanos(mark.checked_at),
        }
    }

    fn into_mark(self) -> Option<ConsentMark> {
        Some(ConsentMark {
            reason: ConsentReason::parse(&self.reason)?,
            since: time(self.since),
            checked_at: time(self.checked_at),
        })
    }
}

impl WireSite {
    fn of(site: &Site) -> Self {
        Self {
            id: site.id.to_string(),
            name: site.name.to_string(),
            url: site.url.as_deref().map(str::to_owned),
            avatar_url: site.avatar_url.as_deref().map(str::to_owned),
            scopes: site.scopes.to_string(),
        }
    }

    fn into_site(self) -> Option<Site> {
        Some(Site {
            id: CloudId::parse(&self.id).ok()?,
            name: self.name.into(),
            url: self.url.map(Into::into),
            avatar_url: self.avatar_url.map(Into::into),
            scopes: Scopes::parse(&self.scopes),
        })
    }
}

impl WireLink {
    fn of(link: &Link) -> Self {
        Self {
            subject: link.subject.to_string(),
            linked_at: nanos(link.linked_at),
            site: link.site.as_ref().map(CloudId::to_string),
        }
    }

    fn into_link(self) -> Option<Link> {
        Some(Link {
            subject: Subject::parse(&self.subject).ok()?,
            linked_at: time(self.linked_at),
            site: cloud_id(self.site),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct WireLease {
    owner: Option<String>,
    until: Nanos,
    generation: u64,
    began: Nanos,
    last: Nanos,
    open_since: Option<Nanos>,
    before: Option<Nanos>,
}

/// A lease's slot: it holds no secret and is not sealed.
pub(crate) fn lease(row: &LeaseRow) -> Vec<u8> {
    let wire = WireLease {
        owner: row.owner.map(|owner| format!("{:032x}", owner.0)),
        until: nanos(row.until),
        generation: row.generation,
        began: nanos(row.began),
        last: nanos(row.last),
        open_since: row.open_since.map(nanos),
        before: row.before.map(nanos),
    };
    serde_json::to_vec(&wire).unwrap_or_default()
}

/// The lease of a slot; what cannot be read is none.
pub(crate) fn read_lease(slot: &[u8]) -> Option<LeaseRow> {
    let wire: WireLease = serde_json::from_slice(slot).ok()?;
    let owner = wire.owner.as_deref();
    Some(LeaseRow {
        owner: owner.and_then(|text| u128::from_str_radix(text, 16).ok().map(LeaseOwner)),
        until: time(wire.until),
        generation: wire.generation,
        began: time(wire.began),
        last: time(wire.last),
        open_since: wire.open_since.map(time),
        before: wire.before.map(time),
    })
}
