//! The signed-in user, as handlers see them.

use std::sync::Arc;

use crate::auth::session_details::SessionDetails;
use crate::ids::AccountId;
use crate::provider::profile::Profile;
use crate::store::SessionRecord;

/// The user who is signed in, as the session knew them when the request looked it up.
///
/// Store the [`account_id`](Self::account_id) and nothing else as the key of a person: names and
/// addresses change and can be chosen freely (docs/decisions/0013; docs/attacks.md, T019).
///
/// ```
/// use threelo::User;
///
/// fn greeting(user: &User) -> String {
///     format!("Hello {} ({})", user.name(), user.account_id())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct User(Arc<SessionRecord>);

impl User {
    /// The user of a session that lives.
    pub(crate) fn new(record: Arc<SessionRecord>) -> Self {
        Self(record)
    }

    /// The stable key of the account, the same on every Atlassian site: the one to store.
    pub fn account_id(&self) -> &AccountId {
        self.0.account()
    }

    /// What to call this person: the name, else the nickname, else the account id. Never a key.
    pub fn name(&self) -> &str {
        self.0.profile.display_name()
    }

    /// The whole profile as the User Identity API gave it at the login, or when it was read again
    /// in the background because it was older than the builder's `profile_age`. Every field but the
    /// account id may be missing.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.0.profile
    }

    /// The stored session, for parts of core that change it.
    pub(crate) fn record(&self) -> &Arc<SessionRecord> {
        &self.0
    }

    /// When the login happened, the last activity, and the end.
    pub fn session(&self) -> SessionDetails {
        SessionDetails::new(Arc::clone(&self.0))
    }
}
