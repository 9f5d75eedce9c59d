//! A grant, and whose it is.

use std::collections::BTreeSet;

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
