//! Grants: what accounts allowed apps, and how that changes.

use crate::state::grant::{Grant, GrantKey};
use crate::state::seed::{App, GrantType};
use crate::state::{Access, State};

impl State {
    /// Adds a consent to the grant of the account, or makes a grant of it at a resource-level app.
    pub(crate) fn consent(&mut self, app: &App, user: &str, given: Grant) -> GrantKey {
        let consent = match self.knobs.grant_type_of(app) {
            GrantType::Account => None,
            GrantType::Resource => {
                self.consents += 1;
                Some(self.consents)
            }
        };
        let key = GrantKey {
            client_id: app.client_id.clone(),
            user: user.to_owned(),
            consent,
        };
        let grant = self.grants.entry(key.clone()).or_default();
        grant.sites.extend(given.sites);
        // The newest consent's scopes replace the older ones.
        grant.scopes = given.scopes;
        key
    }

    /// Every access token of a user ends now; the refresh tokens stay.
    pub(crate) fn expire_tokens(&mut self, user: &str) {
        let now = self.clock.now();
        self.access_of(user).for_each(|access| access.ends_at = now);
    }

    /// The user removes the app at Atlassian.
    pub(crate) fn revoke_user(&mut self, user: &str) {
        self.grants.retain(|key, _| key.user != user);
        self.families
            .iter_mut()
            .filter(|family| family.grant.user == user)
            .for_each(|family| family.revoked = true);
    }

    /// The site leaves all grants of a user; the tokens stay good.
    pub(crate) fn remove_site(&mut self, user: &str, site: &str) {
        let Some(id) = self.seed.site(site).map(|site| site.id.clone()) else {
            return;
        };
        self.grants
            .iter_mut()
            .filter(|(key, _)| key.user == user)
            .for_each(|(_, grant)| {
                grant.sites.remove(&id);
            });
        // Also what older tokens remember of their grant.
        self.access_of(user).for_each(|access| {
            access.then.sites.remove(&id);
        });
    }

    /// The access tokens of a user.
    fn access_of(&mut self, user: &str) -> impl Iterator<Item = &mut Access> {
        let families = &self.families;
        self.access.values_mut().filter(move |access| {
            families
                .get(access.family)
                .is_some_and(|family| family.grant.user == user)
        })
    }

    /// A field of a user's profile has this value from now on.
    pub(crate) fn set_profile(&mut self, user: &str, field: &str, value: &str) {
        if let Some(user) = self.seed.user_mut(user) {
            user.profile.insert(field.to_owned(), value.into());
        }
    }
}
