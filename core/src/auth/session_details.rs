//! What an app may know of a session.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::ids::CloudId;
use crate::store::SessionRecord;

/// A session of an account, as it was read: when it began, when it was last used, when it ends.
///
/// Times are those of the instances that wrote them, which may differ by a few seconds.
///
/// ```
/// use threelo::SessionDetails;
///
/// fn row(session: &SessionDetails) -> String {
///     format!("{} began {:?}", session.handle(), session.created_at())
/// }
/// ```
#[derive(Clone)]
pub struct SessionDetails(Arc<SessionRecord>);

impl SessionDetails {
    pub(crate) fn new(record: Arc<SessionRecord>) -> Self {
        Self(record)
    }

    /// The name of the session in lists: 16 characters of base64url, of no use as a cookie.
    pub fn handle(&self) -> String {
        self.0.handle()
    }

    /// When the login happened.
    pub fn created_at(&self) -> SystemTime {
        self.0.created_at
    }

    /// The last activity. It is written every five minutes at most, or after a tenth of the idle lifetime.
    pub fn last_seen_at(&self) -> SystemTime {
        self.0.seen_at
    }

    /// The end of the session, however much it is used. It ends earlier when it is idle for too long.
    pub fn expires_at(&self) -> SystemTime {
        self.0.expires_at
    }

    /// The site that the visitor chose, if they did.
    pub fn site(&self) -> Option<&CloudId> {
        self.0.site.as_ref()
    }

    /// Whether the visitor asked to stay signed in for longer.
    pub fn is_remembered(&self) -> bool {
        self.0.remembered
    }
}

impl fmt::Debug for SessionDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDetails")
            .field("handle", &self.handle())
            .finish_non_exhaustive()
    }
}
