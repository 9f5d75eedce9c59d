//! Everything that the sandbox remembers, and how codes and tokens are made, used and revoked.
//!
//! One mutex guards all of it. It is never held across an `await`.

pub(crate) mod clock;
mod consents;
pub(crate) mod fault;
pub(crate) mod grant;
pub(crate) mod issue;
pub(crate) mod journal;
pub(crate) mod knobs;
pub(crate) mod seed;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::mint::{self, AccessClaims};
use crate::state::clock::SandboxClock;
use crate::state::fault::Faults;
use crate::state::grant::{Grant, GrantKey, prior_grants};
use crate::state::issue::Issue;
use crate::state::journal::JournalEntry;
use crate::state::knobs::Knobs;
use crate::state::seed::{Seed, SeedUser};

/// The state, shared by the connections of the server and the handle.
pub(crate) type Shared = Arc<Mutex<State>>;

/// Ninety days without a refresh end all refresh tokens of a family, as Atlassian documents;
/// counted from [`Family::last_use`].
const IDLE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Locks the state, even if another thread panicked while it held the lock.
pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything that the sandbox remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seed: Seed,
    pub(crate) knobs: Knobs,
    pub(crate) clock: SandboxClock,
    pub(crate) faults: Faults,
    /// How many connections are open.
    pub(crate) connections: usize,
    pub(crate) journal: Vec<JournalEntry>,
    /// The codes that were not exchanged yet, expired ones included.
    pub(crate) codes: HashMap<String, Code>,
    /// One grant per app and account; at resource-level apps, one per consent.
    pub(crate) grants: HashMap<GrantKey, Grant>,
    /// How many consents have a grant of their own; the newest has this number.
    pub(crate) consents: u64,
    /// Scopes that no consent grants from now on.
    pub(crate) refused_scopes: BTreeSet<String>,
    /// In the order of their code exchanges; none is ever removed, so that indices stay valid.
    pub(crate) families: Vec<Family>,
    /// Every access token that was made, by its text, expired ones included.
    pub(crate) access: HashMap<String, Access>,
    /// Every secret that was ever made, in order, after the client secrets.
    pub(crate) issued: Vec<String>,
    /// When the sandbox began; the issues of the seed were updated at fixed times before it.
    pub(crate) started_at: SystemTime,
    /// Issues that apps created, in order.
    pub(crate) created: Vec<Issue>,
}

/// An authorization code (RFC 6749 §4.1.2), for a single exchange by the app for which it was made.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) grant: GrantKey,
    /// That of the authorization request; the exchange must repeat it (RFC 6749 §4.1.3).
    pub(crate) redirect_uri: String,
    /// The scopes granted by this consent.
    pub(crate) scopes: BTreeSet<String>,
    /// The PKCE challenge of the request (RFC 7636 §4.3), if it had one.
    pub(crate) challenge: Option<String>,
    pub(crate) made_at: SystemTime,
}

/// All refresh tokens that descend from one consent.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) grant: GrantKey,
    /// The scopes that token responses show: those of the consent.
    pub(crate) scopes: BTreeSet<String>,
    /// The tokens that were not used yet. There are several if a token was used again within the
    /// leeway.
    pub(crate) live: Vec<String>,
    /// The tokens that were used, in order; only the last one has the leeway.
    used: Vec<UsedToken>,
    /// When a live token was last used, or the code was exchanged.
    last_use: SystemTime,
    /// Whether all tokens of the family are refused.
    pub(crate) revoked: bool,
}

/// A refresh token that was used.
#[derive(Clone, Debug)]
struct UsedToken {
    token: String,
    /// The first use; a use within the leeway does not extend it.
    used_at: SystemTime,
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The index in [`State::families`].
    pub(crate) family: usize,
    /// The first moment at which the token is refused.
    pub(crate) ends_at: SystemTime,
    /// What the grant was when the token was made.
    pub(crate) then: Grant,
}

/// The user of an access token, and what the token reaches.
#[derive(Clone, Debug)]
pub(crate) struct Authorized {
    /// The key of the user in the seed.
    pub(crate) user: String,
    pub(crate) grant: Grant,
}

impl State {
    /// The state at the start: the seed with its prior grants, and no token.
    pub(crate) fn new(seed: Seed, knobs: Knobs) -> Self {
        let clock = SandboxClock::default();
        let secrets = seed.apps.iter().map(|app| app.client_secret.clone());
        Self {
            issued: secrets.collect(),
            grants: prior_grants(&seed),
            started_at: clock.now(),
            seed,
            knobs,
            created: Vec::new(),
            clock,
            faults: Faults::default(),
            connections: 0,
            journal: Vec::new(),
            codes: HashMap::new(),
            consents: 0,
            refused_scopes: BTreeSet::new(),
            families: Vec::new(),
            access: HashMap::new(),
        }
    }

    /// A copy of a grant as it is now; empty if there is none.
    pub(crate) fn grant_of(&self, key: &GrantKey) -> Grant {
        self.grants.get(key).cloned().unwrap_or_default()
    }

    /// Begins the family of an exchanged code and returns its index. It has no token yet.
    ///
    /// Revokes the earlier families of the user at the app if [`Knobs::second_consent_kills`] is
    /// set.
    pub(crate) fn new_family(&mut self, code: &Code) -> usize {
        if self.knobs.second_consent_kills {
            let same = |family: &&mut Family| {
                let (theirs, new) = (&family.grant, &code.grant);
                theirs.client_id == new.client_id && theirs.user == new.user
            };
            self.families
                .iter_mut()
                .filter(same)
                .for_each(|family| family.revoked = true);
        }
        self.families.push(Family {
            grant: code.grant.clone(),
            scopes: code.scopes.clone(),
            live: Vec::new(),
            used: Vec::new(),
            last_use: self.clock.now(),
            revoked: false,
        });
        self.families.len() - 1
    }

    /// A new access token of a family, with the lifetime and the size that the knobs set; `None` if
    /// there is no such family.
    pub(crate) fn new_access(&mut self, index: usize) -> Option<String> {
        let family = self.families.get(index)?.clone();
        let (now, lifetime) = (self.clock.now(), self.knobs.token_lifetime);
        let account = self
            .seed
            .user(&family.grant.user)
            .map(SeedUser::account_id)
            .unwrap_or_default();
        let claims = AccessClaims {
            account_id: account,
            client_id: &family.grant.client_id,
            issued_at: now,
            lifetime,
        };
        let token = mint::access_token(claims, self.knobs.token_bytes);
        let mut then = self.grant_of(&family.grant);
        then.scopes = family.scopes;
        self.access.insert(
            token.clone(),
            Access {
                family: index,
                ends_at: now + lifetime,
                then,
            },
        );
        self.issued.push(token.clone());
        Some(token)
    }

    /// A new refresh token of a family; tokens that were made before stay live.
    pub(crate) fn new_refresh(&mut self, index: usize) -> Option<String> {
        let token = mint::refresh_token();
        self.families.get_mut(index)?.live.push(token.clone());
        self.issued.push(token.clone());
        Some(token)
    }

    /// Uses a refresh token and returns the index of its family, or `None` if the token is refused.
    ///
    /// It is refused if it is unknown or of another app, or if its family is revoked or idle. A
    /// used token is refused too, except for the one that was used last, within [`Knobs::leeway`].
    /// Any other use of a used token counts as a breach and revokes the family (RFC 9700 §4.14.2).
    pub(crate) fn use_refresh(&mut self, client_id: &str, token: &str) -> Option<usize> {
        let (now, leeway) = (self.clock.now(), self.knobs.leeway);
        let known = |family: &Family| {
            family.grant.client_id == client_id
                && (family.live.iter().any(|live| live == token)
                    || family.used.iter().any(|used| used.token == token))
        };
        let index = self.families.iter().position(known)?;
        let family = self.families.get_mut(index)?;
        if family.revoked || now.duration_since(family.last_use).unwrap_or_default() >= IDLE {
            return None;
        }
        if let Some(live) = family.live.iter().position(|live| live == token) {
            let token = family.live.remove(live);
            family.used.push(UsedToken {
                token,
                used_at: now,
            });
            family.last_use = now;
            return Some(index);
        }
        // Only the token that was used last has the leeway; an older one or a late use is a breach.
        let age = |used: &UsedToken| now.duration_since(used.used_at).unwrap_or_default();
        let is_previous = family
            .used
            .last()
            .is_some_and(|used| used.token == token && age(used) < leeway);
        family.revoked = !is_previous;
        is_previous.then_some(index)
    }

    /// The user of an access token and what it reaches now; `None` if the token is unknown or has
    /// expired, or its grant is gone.
    ///
    /// It reaches the grant as it is now, or, without [`Knobs::old_tokens_gain`], as it was when
    /// the token was made.
    pub(crate) fn authorized(&self, bearer: &str) -> Option<Authorized> {
        let access = self.access.get(bearer)?;
        let family = self.families.get(access.family)?;
        if access.ends_at <= self.clock.now() {
            return None;
        }
        let grant = self.grants.get(&family.grant)?;
        let reach = if self.knobs.old_tokens_gain {
            grant
        } else {
            &access.then
        };
        Some(Authorized {
            user: family.grant.user.clone(),
            grant: reach.clone(),
        })
    }
}
