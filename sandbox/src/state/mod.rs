//! Everything that the sandbox remembers.

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
use crate::state::clock::Clock;
use crate::state::fault::Faults;
use crate::state::grant::{Grant, GrantKey, prior_grants};
use crate::state::issue::Issue;
use crate::state::journal::JournalEntry;
use crate::state::knobs::Knobs;
use crate::state::seed::{Seed, User};

pub(crate) type Shared = Arc<Mutex<State>>;

/// Ninety days without use end a refresh token.
const IDLE: Duration = Duration::from_secs(90 * 24 * 3600);

pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seed: Seed,
    pub(crate) knobs: Knobs,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) connections: usize,
    pub(crate) journal: Vec<JournalEntry>,
    pub(crate) codes: HashMap<String, Code>,
    /// One grant per app and account; at resource-level apps, one per consent.
    pub(crate) grants: HashMap<GrantKey, Grant>,
    /// How many consents have a grant of their own.
    pub(crate) consents: u64,
    /// Scopes that no consent grants.
    pub(crate) refused_scopes: BTreeSet<String>,
    pub(crate) families: Vec<Family>,
    pub(crate) access: HashMap<String, Access>,
    /// Every secret that was ever given out.
    pub(crate) issued: Vec<String>,
    /// When the sandbox began.
    pub(crate) started_at: SystemTime,
    /// Issues that apps created.
    pub(crate) created: Vec<Issue>,
}

/// An authorization code, good for one exchange.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) grant: GrantKey,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) made_at: SystemTime,
}

/// All refresh tokens that descend from one consent.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) grant: GrantKey,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) live: Vec<String>,
    used: Vec<UsedToken>,
    last_use: SystemTime,
    pub(crate) revoked: bool,
}

/// A refresh token that was used.
#[derive(Clone, Debug)]
struct UsedToken {
    token: String,
    used_at: SystemTime,
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) family: usize,
    pub(crate) ends_at: SystemTime,
    /// What the grant was when the token was made.
    pub(crate) then: Grant,
}

/// Who stands behind an access token, and what it reaches.
#[derive(Clone, Debug)]
pub(crate) struct Authorized {
    pub(crate) user: String,
    pub(crate) grant: Grant,
}

impl State {
    pub(crate) fn new(seed: Seed, knobs: Knobs) -> Self {
        let clock = Clock::default();
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

    pub(crate) fn grant_of(&self, key: &GrantKey) -> Grant {
        self.grants.get(key).cloned().unwrap_or_default()
    }

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

    /// A new access token of a family.
    pub(crate) fn new_access(&mut self, index: usize) -> Option<String> {
        let family = self.families.get(index)?.clone();
        let (now, lifetime) = (self.clock.now(), self.knobs.token_lifetime);
        let account = self
            .seed
            .user(&family.grant.user)
            .map(User::account_id)
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

    pub(crate) fn new_refresh(&mut self, index: usize) -> Option<String> {
        let token = mint::refresh_token();
        self.families.get_mut(index)?.live.push(token.clone());
        self.issued.push(token.clone());
        Some(token)
    }

    /// Uses a refresh token: the family that it belongs to, or `None` with all consequences.
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
        // Only the token that was used last enjoys the leeway; an older one, or a late one, is a breach.
        let age = |used: &UsedToken| now.duration_since(used.used_at).unwrap_or_default();
        let is_previous = family
            .used
            .last()
            .is_some_and(|used| used.token == token && age(used) < leeway);
        family.revoked = !is_previous;
        is_previous.then_some(index)
    }

    /// The token behind an `Authorization` header: its app, its user and what it may reach.
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
