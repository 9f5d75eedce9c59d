//! What a part of an app may require of every request, before any handler runs.

use crate::auth::session::AuthSession;
use crate::error::{Rejection, RejectionResponse};
use crate::scope::Scopes;

/// A requirement on a request. Adapters make it a layer or a middleware, which asks
/// [`check`](Self::check) first.
///
/// ```
/// use threelo::Scopes;
/// use threelo::adapter::Guard;
///
/// let guard = Guard::Scopes(Scopes::parse("write:jira-work"));
/// assert!(guard.wants_subject());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// A visitor is signed in; in connect mode, the app's user is.
    Login,
    /// The grant has all of these scopes. It is read from the store, so that a newer consent counts
    /// immediately.
    Scopes(Scopes),
    /// The request has a site: named, chosen, or the only one that the grant reaches. Never one of
    /// several by default.
    Site,
    /// A change (any method but GET, HEAD, OPTIONS and TRACE, and every WebSocket handshake) comes
    /// with the proof of docs/decisions/0063:
    /// from a page of this app, from a listed origin with `X-Threelo`, or with a bearer session.
    SameOrigin,
}

impl Guard {
    /// Whether the request may go on. In connect mode the adapter must have asked the app for its
    /// user first, if [`wants_subject`](Self::wants_subject) says so. Without a session the guard
    /// ran outside the layer: then `remedy`, the line that is missing, is what the developer gets
    /// to read.
    ///
    /// # Errors
    ///
    /// The [`RejectionResponse`] to answer with: 500 without the layer, else what fits the visitor.
    pub async fn check(
        &self,
        session: Option<&AuthSession>,
        remedy: &'static str,
    ) -> Result<(), RejectionResponse> {
        let session = session.ok_or_else(|| RejectionResponse::without_layer(remedy))?;
        let held = self.holds(session).await;
        held.map_err(|rejection| session.reject(rejection))
    }

    /// Whether the result depends on who the app's user is, in connect mode. `SameOrigin` is
    /// decided by the request alone.
    pub fn wants_subject(&self) -> bool {
        *self != Self::SameOrigin
    }

    /// Asks the session; the same questions as the extractors ask, so that guards and extractors
    /// never disagree.
    async fn holds(&self, session: &AuthSession) -> Result<(), Rejection> {
        match self {
            Self::Login => session.require_visitor().await,
            Self::Scopes(wanted) => session.require_scopes(wanted).await,
            Self::Site => session.site().await.map(|_site| ()),
            Self::SameOrigin => session.require_same_origin(),
        }
    }
}
