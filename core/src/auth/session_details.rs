//! What an app may know of a session: its times, its site and a name for lists, and nothing that
//! could be used as a cookie.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::ids::CloudId;
use crate::store::SessionRecord;

/// A session of an account as it was when it was read: when it began, when it was last used, when
/// it ends.
///
/// This is a snapshot: it does not follow later changes, and holding one does not keep the session
/// alive. The times were noted by the instances that wrote them, whose clocks may differ by a few
/// seconds (docs/decisions/0025).
///
/// ```
/// use threelo::SessionDetails;
///
/// fn row(session: &SessionDetails) -> String {
///     let remembered = if session.is_remembered() { " (stays signed in)" } else { "" };
///     format!("{} began {:?}{remembered}", session.handle(), session.created_at())
/// }
/// ```
#[derive(Clone)]
pub struct SessionDetails(Arc<SessionRecord>);

impl SessionDetails {
    /// The details of a record that was just read.
    pub(crate) fn new(record: Arc<SessionRecord>) -> Self {
        Self(record)
    }

    /// The name of the session in lists: 16 characters of base64url, stable as long as the session
    /// lives.
    ///
    /// It is made from the hash of the session token, so it can be shown on pages and logged;
    /// presented as a cookie or as a bearer token it is worth nothing (docs/attacks.md, T095).
    pub fn handle(&self) -> String {
        self.0.handle()
    }

    /// When the login happened; for a session made from a handoff ticket, when the ticket was
    /// redeemed.
    pub fn created_at(&self) -> SystemTime {
        self.0.created_at
    }

    /// The last activity that was written down.
    ///
    /// It lags behind the real activity: a write happens in the background, and only if the stored
    /// time is older than five minutes or a tenth of the idle lifetime, whichever is shorter
    /// (docs/attacks.md, T103).
    pub fn last_seen_at(&self) -> SystemTime {
        self.0.seen_at
    }

    /// The absolute end of the session, however much it is used. It ends earlier if it is not used
    /// for the idle lifetime that the builder sets.
    pub fn expires_at(&self) -> SystemTime {
        self.0.expires_at
    }

    /// The site that the visitor chose in this session; `None` if no choice was made in it.
    pub fn site(&self) -> Option<&CloudId> {
        self.0.site.as_ref()
    }

    /// Whether the visitor asked to stay signed in, so that the longer lifetimes of the builder's
    /// `remember` apply.
    pub fn is_remembered(&self) -> bool {
        self.0.remembered
    }
}

/// Prints the handle only: the profile and the hash of the token stay out of logs.
impl fmt::Debug for SessionDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDetails")
            .field("handle", &self.handle())
            .finish_non_exhaustive()
    }
}
