//! Who comes to the callback.

use crate::error::{Causes, Rejection};
use crate::flow::state_cookie::FlowCookie;
use crate::ids::{SessionTokenHash, Subject};
use crate::ports::BoxError;

/// A browser at the callback.
#[derive(Debug)]
pub(crate) struct CallbackRequest<'a> {
    /// The raw query.
    pub query: Option<&'a str>,
    /// The flow cookies that it sent.
    pub flows: &'a [FlowCookie],
    /// The session that its cookie names.
    pub session: Option<&'a SessionTokenHash>,
    /// In connect mode: the user of the app who stands here.
    pub subject: ResolvedSubject,
    /// Whether it was sent here by a page of ours, to bring the app's own cookies.
    pub bounced: bool,
}

/// What is known of the app's own user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResolvedSubject {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// The app cannot tell.
    Failed,
    /// Nobody is signed in to the app.
    SignedOut,
    /// This user.
    Subject(Subject),
}

impl From<Result<Option<Subject>, BoxError>> for ResolvedSubject {
    fn from(said: Result<Option<Subject>, BoxError>) -> Self {
        match said {
            Ok(Some(subject)) => Self::Subject(subject),
            Ok(None) => Self::SignedOut,
            Err(error) => {
                tracing::error!(target: "threelo", error = %Causes(&*error), "the app cannot tell who its user is");
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
    /// [`Rejection::NotSignedIn`], [`Rejection::Subject`].
    pub(crate) fn required(&self) -> Result<&Subject, Rejection> {
        match self {
            Self::Subject(subject) => Ok(subject),
            Self::SignedOut => Err(Rejection::NotSignedIn),
            Self::Failed | Self::NotAsked => Err(Rejection::Subject),
        }
    }
}
