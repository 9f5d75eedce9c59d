//! Records as the JSON that is sealed.
//!
//! A row may be older than the program that reads it, and newer than one on another instance during a deploy.
//! Therefore fields are added and never change their meaning; a new one has a default, and unknown ones are kept and written
//! again as they are. That is so for the fields of the record itself: what belongs to a site or a link and has to survive an
//! older program is a field of the record. Key and version of a record are not in the JSON: they come from the row, whose seal
//! covers them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ids::{CloudId, ConsentId, SessionTokenHash, Subject};
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::{TokenSet, TokenType};
use crate::scope::Scopes;
use crate::sealed::unknown::{Fields, read, write};
use crate::secret::{AccessToken, RefreshToken};
use crate::store::{
    ConsentMark, ConsentReason, GrantKey, GrantRecord, LeaseOwner, LeaseRow, Link, SessionRecord,
    Version,
};

/// Nanoseconds since 1970, which last until 2554. Earlier times become 0.
type Nanos = u64;

/// A time as a number; times out of range are clamped.
fn nanos(time: SystemTime) -> Nanos {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The time of a number; 1970 if this machine cannot represent it.
fn time(nanos: Nanos) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_nanos(nanos))
        .unwrap_or(UNIX_EPOCH)
}

/// The content of a session's row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    /// The profile as JSON of its own.
    profile: Arc<Profile>,
    site: Option<String>,
    profile_read_at: Nanos,
    /// Absent in older rows, where it means `false`.
    #[serde(default)]
    remembered: bool,
    created_at: Nanos,
    seen_at: Nanos,
    expires_at: Nanos,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idle_ends_at: Option<Nanos>,
}

/// The plaintext of a session, wiped when it is dropped; `None` if it cannot be serialized.
pub(crate) fn session(record: &SessionRecord) -> Option<Zeroizing<Vec<u8>>> {
    let wire = Session {
        profile: Arc::clone(&record.profile),
        site: record.site.as_ref().map(|id| id.as_str().to_owned()),
        profile_read_at: nanos(record.profile_read_at),
        remembered: record.remembered,
        created_at: nanos(record.created_at),
        seen_at: nanos(record.seen_at),
        expires_at: nanos(record.expires_at),
        idle_ends_at: Some(nanos(record.idle_ends_at)),
    };
    write(wire, &record.unknown)
}

/// The session of a plaintext; `None` if it is not one.
pub(crate) fn read_session(
    key: SessionTokenHash,
    version: Version,
    plaintext: &[u8],
) -> Option<SessionRecord> {
    let Fields {
        known: wire,
        unknown,
    }: Fields<Session> = read(plaintext)?;
    Some(SessionRecord {
        key,
        profile: wire.profile,
        site: cloud_id(wire.site),
        profile_read_at: time(wire.profile_read_at),
        remembered: wire.remembered,
        created_at: time(wire.created_at),
        seen_at: time(wire.seen_at),
        expires_at: time(wire.expires_at),
        idle_ends_at: time(wire.idle_ends_at.unwrap_or(wire.expires_at)),
        unknown,
        version,
    })
}

/// A site's id; one that is malformed counts as no choice.
fn cloud_id(text: Option<String>) -> Option<CloudId> {
    CloudId::parse(&text?).ok()
}

/// The content of a grant's row. Tokens are borrowed from the plaintext while it is read, which saves a copy
/// that nothing would wipe; only a token with characters that JSON escapes is copied.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant<'a> {
    /// The current access token.
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    /// The current refresh token, the only one.
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
    /// Absent for `bearer`, and in older rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    expires_at: Nanos,
    exchanged_at: Nanos,
    scopes: String,
    consented_at: Nanos,
    /// Absent in older rows.
    #[serde(default)]
    consents: Vec<String>,
    asked: String,
    wanted: String,
    /// The mark of a refused refresh.
    mark: Option<Mark>,
    sites: Option<Vec<WireSite>>,
    added: Vec<String>,
    sites_read_at: Nanos,
    last_site: Option<String>,
    profile: Option<Arc<Profile>>,
    links: Vec<WireLink>,
    generation: u64,
}

/// A consent mark; see [`ConsentMark`].
#[derive(Serialize, Deserialize)]
struct Mark {
    reason: String,
    since: Nanos,
    checked_at: Nanos,
}

/// A site that the grant reaches.
#[derive(Serialize, Deserialize)]
struct WireSite {
    id: String,
    name: String,
    url: Option<String>,
    avatar_url: Option<String>,
    scopes: String,
}

/// The link of a user of the app.
#[derive(Serialize, Deserialize)]
struct WireLink {
    subject: String,
    linked_at: Nanos,
    site: Option<String>,
}

/// The plaintext of a grant, wiped when it is dropped; `None` if it cannot be serialized.
pub(crate) fn grant(record: &GrantRecord) -> Option<Zeroizing<Vec<u8>>> {
    let tokens = &record.tokens;
    let sites = record.sites.as_deref();
    let wire = Grant {
        access_token: tokens.access_token.expose().into(),
        refresh_token: tokens
            .refresh_token
            .as_ref()
            .map(|token| token.expose().into()),
        token_type: match tokens.token_type {
            TokenType::Bearer => None,
            TokenType::Other => Some("other".to_owned()),
        },
        expires_at: nanos(tokens.expires_at),
        exchanged_at: nanos(tokens.exchanged_at),
        scopes: tokens.scopes.to_string(),
        consented_at: nanos(record.consented_at),
        consents: record
            .consents
            .iter()
            .map(|id| id.as_str().to_owned())
            .collect(),
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
    write(wire, &record.unknown)
}

/// The grant of a plaintext; `None` if it is not one. Sites and links that are malformed are left out, rather
/// than losing the tokens with them.
pub(crate) fn read_grant(key: GrantKey, version: Version, plaintext: &[u8]) -> Option<GrantRecord> {
    let Fields {
        known: wire,
        unknown,
    }: Fields<Grant<'_>> = read(plaintext)?;
    let tokens = wire.tokens();
    let sites = wire.sites.map(|sites| {
        let sites = sites.into_iter().filter_map(WireSite::into_site);
        sites.collect::<Arc<[Site]>>()
    });
    Some(GrantRecord {
        key,
        tokens,
        consented_at: time(wire.consented_at),
        consents: wire
            .consents
            .iter()
            .filter_map(|id| ConsentId::parse(id).ok())
            .collect(),
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
        unknown,
        generation: wire.generation,
        version,
    })
}

impl Grant<'_> {
    fn tokens(&self) -> TokenSet {
        TokenSet {
            access_token: AccessToken::new(&*self.access_token),
            refresh_token: self.refresh_token.as_deref().map(RefreshToken::new),
            token_type: match self.token_type {
                None => TokenType::Bearer,
                Some(_) => TokenType::Other,
            },
            expires_at: time(self.expires_at),
            exchanged_at: time(self.exchanged_at),
            scopes: Scopes::parse(&self.scopes),
        }
    }
}

impl Mark {
    /// The stored form of a mark.
    fn of(mark: &ConsentMark) -> Self {
        Self {
            reason: mark.reason.as_str().to_owned(),
            since: nanos(mark.since),
            checked_at: nanos(mark.checked_at),
        }
    }

    /// The mark; `None` if its reason is a word that this version does not know. The grant is then refreshed
    /// once, and marked again if Atlassian still refuses.
    fn into_mark(self) -> Option<ConsentMark> {
        Some(ConsentMark {
            reason: ConsentReason::parse(&self.reason)?,
            since: time(self.since),
            checked_at: time(self.checked_at),
        })
    }
}

impl WireSite {
    /// The stored form of a site.
    fn of(site: &Site) -> Self {
        Self {
            id: site.id.to_string(),
            name: site.name.to_string(),
            url: site.url.as_deref().map(str::to_owned),
            avatar_url: site.avatar_url.as_deref().map(str::to_owned),
            scopes: site.scopes.to_string(),
        }
    }

    /// The site; `None` if its id is malformed.
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
    /// The stored form of a link.
    fn of(link: &Link) -> Self {
        Self {
            subject: link.subject.to_string(),
            linked_at: nanos(link.linked_at),
            site: link.site.as_ref().map(CloudId::to_string),
        }
    }

    /// The link; `None` if its subject is malformed.
    fn into_link(self) -> Option<Link> {
        Some(Link {
            subject: Subject::parse(&self.subject).ok()?,
            linked_at: time(self.linked_at),
            site: cloud_id(self.site),
        })
    }
}

/// The content of a lease slot.
#[derive(Serialize, Deserialize)]
struct WireLease {
    /// The owner in 32 hexadecimal digits, because JSON numbers do not hold 128 bits.
    owner: Option<String>,
    until: Nanos,
    generation: u64,
    began: Nanos,
    last: Nanos,
    open_since: Option<Nanos>,
    before: Option<Nanos>,
}

/// The content of a lease slot. It contains no secret and is not sealed.
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

/// The lease in a slot; what cannot be read counts as an empty slot.
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
