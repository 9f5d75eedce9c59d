//! A request that was turned away.

use std::fmt;

use http::StatusCode;

use crate::error::causes::Causes;
use crate::error::rejection::Rejection;
use crate::message::Reply;

/// Why a request was turned away, with the reply that fits the request. Adapters make it the framework's own error.
pub struct RejectionResponse(Box<Parts>);

struct Parts {
    rejection: Rejection,
    reply: Reply,
    recovery_url: Option<String>,
}

impl RejectionResponse {
    pub(crate) fn new(rejection: Rejection, reply: Reply) -> Self {
        Self(Box::new(Parts {
            rejection,
            reply,
            recovery_url: None,
        }))
    }

    pub(crate) fn with_recovery_url(mut self, recovery_url: Option<String>) -> Self {
        self.0.recovery_url = recovery_url;
        self
    }

    /// What an extractor or a guard answers that ran outside the layer or middleware: 500, and the line to add.
    pub fn without_layer(remedy: &'static str) -> Self {
        let rejection = Rejection::MissingLayer(remedy);
        let reply = without_layer(&rejection);
        Self::new(rejection, reply)
    }

    /// The reason.
    pub fn rejection(&self) -> &Rejection {
        &self.0.rejection
    }

    /// The address, within the app, where the visitor can mend it and from where they come back: the login, the picker, the
    /// step-up for a missing scope. `None` if nothing of that kind helps.
    pub fn recovery_url(&self) -> Option<&str> {
        self.0.recovery_url.as_deref()
    }

    /// The reply.
    pub fn reply(&self) -> &Reply {
        &self.0.reply
    }

    /// The reply, taken out.
    pub fn into_reply(self) -> Reply {
        self.0.reply
    }
}

/// Prints the reason; the reply may hold addresses and cookies.
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

/// The answer of an extractor or guard that ran outside the layer: there is nobody to ask for a page.
pub(crate) fn without_layer(rejection: &Rejection) -> Reply {
    log(rejection);
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Reply::new(status).body("text/plain; charset=utf-8", format!("{rejection}\n"))
}

/// The answer where nobody knows who asked: a line of text with the status.
pub(crate) fn without_visitor(rejection: &Rejection) -> Reply {
    Reply::new(rejection.status()).body("text/plain; charset=utf-8", format!("{rejection}\n"))
}

pub(crate) fn log(rejection: &Rejection) {
    let status = rejection.status();
    if status.is_server_error() && !matches!(rejection, Rejection::Prefetch) {
        tracing::error!(target: "threelo", code = rejection.code(), error = %Causes(rejection), "request failed");
    } else {
        tracing::debug!(target: "threelo", code = rejection.code(), "request turned away");
    }
}
