//! How grants change: by a consent, and in the background.
//!
//! Unknown users and sites change nothing.

use crate::state::grant::{Grant, GrantKey};
use crate::state::seed::{App, GrantType};
use crate::state::{Access, State};

impl State {
    /// Records a consent and gives the key of its grant.
    ///
    /// At an account-level app it joins the account's grant, and its scopes replace those of the
    /// consents before; at a resource-level app it becomes a grant of its own.
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
        // The scopes of the newest consent replace the older ones.
        grant.scopes = given.scopes;
        key
    }

    /// Ends every access token of a user now; the refresh tokens stay valid.
    pub(crate) fn expire_tokens(&mut self, user: &str) {
        let now = self.clock.now();
        self.access_of(user).for_each(|access| access.ends_at = now);
    }

    /// Removes all grants of a user and revokes all refresh tokens.
    ///
    /// Access tokens stay on record: they reach nothing as long as there is no grant under their
    /// key.
    pub(crate) fn revoke_user(&mut self, user: &str) {
        self.grants.retain(|key, _| key.user != user);
        self.families
            .iter_mut()
            .filter(|family| family.grant.user == user)
            .for_each(|family| family.revoked = true);
    }

    /// Takes the site out of all grants of a user, also out of what their access tokens remember;
    /// all tokens stay valid.
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
        // Tokens also remember the grant as it was when they were made.
        self.access_of(user).for_each(|access| {
            access.then.sites.remove(&id);
        });
    }

    /// The access tokens of a user, expired ones included.
    fn access_of(&mut self, user: &str) -> impl Iterator<Item = &mut Access> {
        let families = &self.families;
        self.access.values_mut().filter(move |access| {
            families
                .get(access.family)
                .is_some_and(|family| family.grant.user == user)
        })
    }

    /// Sets a field of a user's profile to a text.
    pub(crate) fn set_profile(&mut self, user: &str, field: &str, value: &str) {
        if let Some(user) = self.seed.user_mut(user) {
            user.profile.insert(field.to_owned(), value.into());
        }
    }
}
