//! What happens at Atlassian without a request of the app: revocation, removed sites, changed
//! profiles.

use crate::sandbox::Sandbox;
use crate::state::lock;

/// What happens at Atlassian in the background. The app learns of it only from the response to its
/// next request. `user` is the key in the seed; an unknown user or site changes nothing.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = threelo_sandbox::Sandbox::builder().start().await?;
/// sandbox.rename("mia", "Mia Byrne");
/// sandbox.remove_site("mia", "Borealis Lab");
/// sandbox.expire_tokens("mia");
/// sandbox.revoke_user("mia");
/// # Ok(())
/// # }
/// ```
impl Sandbox {
    /// Ends all access tokens of a user before their time, at all apps; the refresh tokens stay
    /// valid.
    pub fn expire_tokens(&self, user: &str) {
        lock(&self.state).expire_tokens(user);
    }

    /// The user removes the apps in their Atlassian account: the grants at all apps are gone, so
    /// that access tokens are refused with 401 and refresh tokens with 403.
    ///
    /// A later consent makes a new grant. At an account-level app, access tokens from before that
    /// have not expired reach it too; the refresh tokens from before stay revoked.
    pub fn revoke_user(&self, user: &str) {
        lock(&self.state).revoke_user(user);
    }

    /// The site (name, URL or cloud id) disappears from all grants of a user: an admin uninstalled
    /// the app there, or the user lost access.
    ///
    /// Sites are listed without it and calls there are refused with 404, while all tokens stay
    /// valid. A new consent for the site brings it back.
    pub fn remove_site(&self, user: &str, site: &str) {
        lock(&self.state).remove_site(user, site);
    }

    /// From now on no consent of any user grants this scope, although the consent page shows it: it
    /// is missing from the token response and the grant. Earlier grants keep it.
    pub fn refuse_scope(&self, scope: &str) {
        lock(&self.state).refused_scopes.insert(scope.to_owned());
    }

    /// Sets the `account_status` that `/me` shows from now on, such as `inactive` or `closed`.
    /// Tokens stay valid.
    pub fn set_account_status(&self, user: &str, status: &str) {
        lock(&self.state).set_profile(user, "account_status", status);
    }

    /// Sets the `name` that `/me`, Jira and the pages show from now on.
    pub fn rename(&self, user: &str, name: &str) {
        lock(&self.state).set_profile(user, "name", name);
    }
}
