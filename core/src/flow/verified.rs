//! A flow that is proven to be the one of this browser, and the ways in which it can end without a
//! result.

use std::time::SystemTime;

use crate::error::{Causes, Reason, Rejection};
use crate::flow::outcome::{CallbackReply, Destination, ErrorPage};
use crate::flow::state_cookie::Flow;
use crate::ids::FlowState;
use crate::message::cookie::SetCookie;
use crate::return_to::ReturnTo;

/// A flow whose cookie opened under the state of the callback. In connect mode the user is checked
/// after that: see `callback`.
pub(crate) struct VerifiedFlow {
    /// What the flow remembers.
    pub(crate) flow: Flow,
    /// The state of the callback, under which the flow opened.
    pub(crate) state: FlowState,
    /// The flow's return target, checked by today's rules.
    pub(crate) return_to: ReturnTo,
    /// Removes the flow's cookie; it is sent whenever the flow is over.
    pub(crate) removal: SetCookie,
}

impl VerifiedFlow {
    /// The error page; the flow is over, and its cookie goes.
    pub(crate) fn failed(self, reason: Reason) -> CallbackReply {
        let removal = self.removal.clone();
        self.error(reason).cookie(removal)
    }

    /// The error page for a store or an app that did not answer, which is logged. The cookie stays,
    /// so that the visitor can try again (docs/attacks.md, T011).
    pub(crate) fn unavailable(self, error: &Rejection) -> CallbackReply {
        tracing::error!(target: "threelo", error = %Causes(error), "a callback could not be completed");
        self.error(Reason::Unavailable)
    }

    /// The error page with what the flow knows: the way back, and the page that waits.
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

    /// When the flow started. If it is not known, the beginning of time: then any session counts as
    /// begun after it, which leads on a visitor who is signed in anyway.
    pub(crate) fn began(&self) -> SystemTime {
        self.flow.issued_at.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
