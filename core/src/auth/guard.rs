//! What a whole part of an app may ask of every request.

use crate::auth::session::AuthSession;
use crate::error::{Rejection, RejectionResponse};
use crate::scope::Scopes;

/// A demand on a request; adapters make it a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// Somebody is signed in.
    Login,
    /// The grant has these scopes.
    Scopes(Scopes),
    /// A site is chosen.
    Site,
    /// A change (any method but GET, HEAD, OPTIONS) comes from a page of this app.
    SameOrigin,
}

impl Guard {
    /// Whether the request may go on. Without a session, the guard ran outside the layer, and `remedy` says so.
    ///
    /// # Errors
    ///
    /// The [`RejectionResponse`] to answer with.
    pub async fn check(
        &self,
        session: Option<&AuthSession>,
        remedy: &'static str,
    ) -> Result<(), RejectionResponse> {
        let session = session.ok_or_else(|| RejectionResponse::without_layer(remedy))?;
        let held = self.holds(session).await;
        held.map_err(|rejection| session.reject(rejection))
    }

    /// Whether it depends on who the app's user is, in connect mode.
    pub fn wants_subject(&self) -> bool {
        *self != Self::SameOrigin
    }

    async fn holds(&self, session: &AuthSession) -> Result<(), Rejection> {
        match self {
            Self::Login => session.require_somebody().await,
            Self::Scopes(wanted) => session.require_scopes(wanted).await,
            Self::Site => session.site().await.map(|_site| ()),
            Self::SameOrigin => session.require_same_origin(),
        }
    }
}
