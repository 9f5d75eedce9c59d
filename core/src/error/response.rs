//! A rejection together with the reply that fits the request.

use std::fmt;

use http::StatusCode;

use crate::error::causes::Causes;
use crate::error::rejection::Rejection;
use crate::message::Reply;

/// A rejection together with the reply that fits the request. Adapters turn it into the error type of their framework
/// (`AuthRejection`), which handlers return.
///
/// ```
/// use threelo::{Rejection, RejectionResponse};
///
/// fn explain(rejected: &RejectionResponse) -> String {
///     match (rejected.rejection(), rejected.recovery_url()) {
///         (Rejection::NotSignedIn, Some(login)) => format!("sign in at {login}"),
///         (rejection, _) => rejection.to_string(),
///     }
/// }
/// ```
pub struct RejectionResponse(Box<Parts>);

/// Boxed, so that a `Result` with this error stays small.
struct Parts {
    rejection: Rejection,
    reply: Reply,
    recovery_url: Option<String>,
}

impl RejectionResponse {
    /// A rejection with its reply, and no address where the visitor could correct it.
    pub(crate) fn new(rejection: Rejection, reply: Reply) -> Self {
        Self(Box::new(Parts {
            rejection,
            reply,
            recovery_url: None,
        }))
    }

    /// Sets the address where the visitor can correct it.
    pub(crate) fn with_recovery_url(mut self, recovery_url: Option<String>) -> Self {
        self.0.recovery_url = recovery_url;
        self
    }

    /// The rejection of an extractor or guard that ran outside the layer or middleware: 500, with the line to add as
    /// the text. A forgotten layer is never an open door (docs/attacks.md T218).
    pub fn without_layer(remedy: &'static str) -> Self {
        let rejection = Rejection::MissingLayer(remedy);
        let reply = without_layer(&rejection);
        Self::new(rejection, reply)
    }

    /// Why the request was turned away.
    pub fn rejection(&self) -> &Rejection {
        &self.0.rejection
    }

    /// The address within the app where the visitor can correct it, and from where they come back: the login, the site
    /// picker, or the step-up for a missing scope. `None` if no page helps.
    pub fn recovery_url(&self) -> Option<&str> {
        self.0.recovery_url.as_deref()
    }

    /// The reply, for adapters.
    pub fn reply(&self) -> &Reply {
        &self.0.reply
    }

    /// The reply without the rejection, for adapters.
    pub fn into_reply(self) -> Reply {
        self.0.reply
    }
}

/// Shows the rejection only: the reply may contain addresses and cookies.
impl fmt::Debug for RejectionResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RejectionResponse")
            .field(&self.0.rejection)
            .finish()
    }
}

impl fmt::Display for RejectionResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.rejection.fmt(f)
    }
}

impl std::error::Error for RejectionResponse {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0.rejection)
    }
}

/// The reply of an extractor or guard that ran outside the layer: a line of text, because no settings and no pages are
/// known there.
pub(crate) fn without_layer(rejection: &Rejection) -> Reply {
    log(rejection);
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Reply::new(status).body("text/plain; charset=utf-8", format!("{rejection}\n"))
}

/// The reply for an error that no request belongs to, such as that of a job: a line of text with the status.
pub(crate) fn without_visitor(rejection: &Rejection) -> Reply {
    Reply::new(rejection.status()).body("text/plain; charset=utf-8", format!("{rejection}\n"))
}

/// Logs a rejection: failures of the server as errors with all causes, everything else for debugging. A refused
/// prefetch is no failure, although its status is 503.
pub(crate) fn log(rejection: &Rejection) {
    let status = rejection.status();
    // A failed call is logged where the call is known.
    let is_logged = matches!(rejection, Rejection::Prefetch | Rejection::Api(_));
    if status.is_server_error() && !is_logged {
        tracing::error!(target: "threelo", code = rejection.code(), error = %Causes(rejection), "request failed");
    } else if matches!(rejection, Rejection::TooManyCookies) {
        tracing::info!(target: "threelo", "a request has more cookies than are read, and its visitor is unknown");
    } else {
        tracing::debug!(target: "threelo", code = rejection.code(), "request turned away");
    }
}
