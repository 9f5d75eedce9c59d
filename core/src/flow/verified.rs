//! A flow that is proven to be the one of this browser.

use std::time::SystemTime;

use crate::error::{Causes, Reason, Rejection};
use crate::flow::outcome::{CallbackReply, Destination, ErrorPage};
use crate::flow::state_cookie::Flow;
use crate::ids::FlowState;
use crate::message::cookie::SetCookie;
use crate::return_to::ReturnTo;

/// A flow that is proven to be this browser's.
pub(crate) struct VerifiedFlow {
    pub(crate) flow: Flow,
    pub(crate) state: FlowState,
    pub(crate) return_to: ReturnTo,
    pub(crate) removal: SetCookie,
}

impl VerifiedFlow {
    /// The error page; the browser's flow is over.
    pub(crate) fn failed(self, reason: Reason) -> CallbackReply {
        let removal = self.removal.clone();
        self.error(reason).cookie(removal)
    }

    /// The browser keeps the flow and may come again: too many logins are under way.
    pub(crate) fn busy(self) -> CallbackReply {
        self.error(Reason::Busy)
    }

    /// The browser keeps the flow and may come again.
    pub(crate) fn unavailable(self, error: &Rejection) -> CallbackReply {
        tracing::error!(target: "threelo", error = %Causes(error), "a callback could not be answered");
        self.error(Reason::Unavailable)
    }

    fn error(self, reason: Reason) -> CallbackReply {
        CallbackReply::to(Destination::Error(ErrorPage {
            reason,
            return_to: Some(self.return_to),
            handoff: self.flow.handoff,
        }))
    }

    /// The app's user who started the flow, in connect mode.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.flow.subject.as_deref()
    }

    /// When the flow started.
    pub(crate) fn began(&self) -> SystemTime {
        self.flow.issued_at.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
