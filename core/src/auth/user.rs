//! Who is signed in, as handlers see it.

use std::sync::Arc;

use crate::auth::session_details::SessionDetails;
use crate::ids::AccountId;
use crate::provider::profile::Profile;
use crate::store::SessionRecord;

/// Whoever is signed in.
#[derive(Clone, Debug)]
pub struct User(Arc<SessionRecord>);

impl User {
    pub(crate) fn new(record: Arc<SessionRecord>) -> Self {
        Self(record)
    }

    /// The stable key of the account: the one to store.
    pub fn account_id(&self) -> &AccountId {
        self.0.account()
    }

    /// What to call this person.
    pub fn name(&self) -> &str {
        self.0.profile.display_name()
    }

    /// Everything that the account shows, as the User Identity API gave it at the login.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.0.profile
    }

    pub(crate) fn record(&self) -> &Arc<SessionRecord> {
        &self.0
    }

    /// When the login happened, the last activity, and the end.
    pub fn session(&self) -> SessionDetails {
        SessionDetails::new(Arc::clone(&self.0))
    }
}
