//! Grants: what a user allowed an app.

use std::collections::{BTreeSet, HashMap};

use crate::state::seed::{App, Seed, SeedUser};

/// What identifies a grant: the app and the user, and at resource-level apps the consent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GrantKey {
    pub(crate) client_id: String,
    /// The key of the user in the seed.
    pub(crate) user: String,
    /// The number of the consent at a resource-level app, counted from 1; `None` for the single
    /// grant of an account.
    pub(crate) consent: Option<u64>,
}

/// What a user allowed an app.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grant {
    /// Cloud ids.
    pub(crate) sites: BTreeSet<String>,
    /// Those of the newest consent, with `offline_access` if it was granted.
    pub(crate) scopes: BTreeSet<String>,
}

/// The account-level grants that the first app has from the beginning, one for each user with prior
/// sites.
pub(crate) fn prior_grants(seed: &Seed) -> HashMap<GrantKey, Grant> {
    let Some(app) = seed.apps.first() else {
        return HashMap::new();
    };
    let users = seed.users.iter();
    users
        .filter(|user| !user.prior_sites.is_empty())
        .map(|user| (account_key(app, user), prior_grant(seed, app, user)))
        .collect()
}

/// The key of the account's single grant.
fn account_key(app: &App, user: &SeedUser) -> GrantKey {
    GrantKey {
        client_id: app.client_id.clone(),
        user: user.key.clone(),
        consent: None,
    }
}

/// A grant for the user's prior sites with all scopes of the app.
fn prior_grant(seed: &Seed, app: &App, user: &SeedUser) -> Grant {
    let sites = user.prior_sites.iter().filter_map(|name| seed.site(name));
    Grant {
        sites: sites.map(|site| site.id.clone()).collect(),
        scopes: app.scopes.iter().cloned().collect(),
    }
}
