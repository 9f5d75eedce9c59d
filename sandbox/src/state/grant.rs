//! A grant, and whose it is.

use std::collections::{BTreeSet, HashMap};

use crate::state::seed::{App, Seed, User};

/// Whose grant it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GrantKey {
    pub(crate) client_id: String,
    pub(crate) user: String,
    /// The number of the consent if that has a grant of its own, as at resource-level apps.
    pub(crate) consent: Option<u64>,
}

/// What an account allowed an app.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grant {
    pub(crate) sites: BTreeSet<String>,
    pub(crate) scopes: BTreeSet<String>,
}

/// The account-level grants that a seed gives its first app from the beginning.
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

fn account_key(app: &App, user: &User) -> GrantKey {
    GrantKey {
        client_id: app.client_id.clone(),
        user: user.key.clone(),
        consent: None,
    }
}

fn prior_grant(seed: &Seed, app: &App, user: &User) -> Grant {
    let sites = user.prior_sites.iter().filter_map(|name| seed.site(name));
    Grant {
        sites: sites.map(|site| site.id.clone()).collect(),
        scopes: app.scopes.iter().cloned().collect(),
    }
}
