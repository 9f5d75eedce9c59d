//! What happens at Atlassian while the app looks elsewhere.

use crate::sandbox::Sandbox;
use crate::state::lock;

/// What happens at Atlassian behind the app's back. An unknown user or site changes nothing.
impl Sandbox {
    /// Every access token of a user ends now, before its time; the refresh tokens stay good.
    pub fn expire_tokens(&self, user: &str) {
        lock(&self.state).expire_tokens(user);
    }

    /// The user removes the app in their Atlassian account: all grants and all tokens are gone.
    pub fn revoke_user(&self, user: &str) {
        lock(&self.state).revoke_user(user);
    }

    /// The site (name, url or cloud id) disappears from all grants of a user: an admin uninstalled the app there, or
    /// the user lost access.
    ///
    /// Sites are listed without it and calls there are refused, while all tokens stay good. A new consent for the site
    /// brings it back.
    pub fn remove_site(&self, user: &str, site: &str) {
        lock(&self.state).remove_site(user, site);
    }

    /// No consent grants this scope from now on, although the page shows it: the token answer and the grant lack it.
    pub fn refuse_scope(&self, scope: &str) {
        lock(&self.state).refused_scopes.insert(scope.to_owned());
    }

    /// `/me` answers this `account_status` from now on, such as `inactive` or `closed`.
    pub fn set_account_status(&self, user: &str, status: &str) {
        lock(&self.state).set_profile(user, "account_status", status);
    }

    /// `/me` answers this `name` from now on; Jira and the pages show it too.
    pub fn rename(&self, user: &str, name: &str) {
        lock(&self.state).set_profile(user, "name", name);
    }
}
