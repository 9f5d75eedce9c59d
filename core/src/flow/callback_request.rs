//! Who comes to the callback, and with what.

use std::net::IpAddr;

use crate::error::{Causes, Rejection};
use crate::flow::state_cookie::FlowCookie;
use crate::ids::{SessionTokenHash, Subject};
use crate::ports::BoxError;

/// A browser at the callback. None of it is believed yet.
#[derive(Debug)]
pub(crate) struct CallbackRequest<'a> {
    /// The raw query, undecoded.
    pub query: Option<&'a str>,
    /// The flow cookies that it sent, unopened.
    pub flows: &'a [FlowCookie],
    /// The session that its cookie names; it may have ended, or never existed.
    pub session: Option<&'a SessionTokenHash>,
    /// The network that it comes from, for limits; `None` if it is not known.
    pub client: Option<IpAddr>,
    /// In connect mode, the user of the app who is signed in in this browser.
    pub subject: ResolvedSubject,
    /// Whether a page of ours sent it here again, to bring the app's own cookies: then there is no
    /// further bounce.
    pub bounced: bool,
}

/// What is known of the app's own user. "Signed out" and "cannot tell" are different: the first
/// refuses, the second is temporary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResolvedSubject {
    /// The app was not asked: sign-in mode, or a route that does not depend on it.
    #[default]
    NotAsked,
    /// The app could not tell.
    Failed,
    /// The visitor is signed out of the app.
    SignedOut,
    /// The visitor is this user of the app.
    Subject(Subject),
}

impl From<Result<Option<Subject>, BoxError>> for ResolvedSubject {
    fn from(said: Result<Option<Subject>, BoxError>) -> Self {
        match said {
            Ok(Some(subject)) => Self::Subject(subject),
            Ok(None) => Self::SignedOut,
            Err(error) => {
                tracing::error!(target: "threelo", error = %Causes(&*error), "the app could not tell who its user is");
                Self::Failed
            }
        }
    }
}

impl ResolvedSubject {
    /// The app's user.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`] for a signed-out visitor; [`Rejection::Subject`], a 503, if the
    /// app could not tell or was not asked.
    pub(crate) fn required(&self) -> Result<&Subject, Rejection> {
        match self {
            Self::Subject(subject) => Ok(subject),
            Self::SignedOut => Err(Rejection::NotSignedIn),
            Self::Failed | Self::NotAsked => Err(Rejection::Subject),
        }
    }
}
