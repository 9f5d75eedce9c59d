//! A flow that is proven to be the one of this browser.

use crate::error::{Causes, Reason, Rejection};
use crate::flow::outcome::Landing;
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
    pub(crate) fn failed(self, reason: Reason) -> Landing {
        Landing::Failed {
            reason,
            return_to: Some(self.return_to),
            handoff: self.flow.handoff,
            cookies: vec![self.removal],
        }
    }

    /// The browser keeps the flow and may come again.
    pub(crate) fn unavailable(self, error: &Rejection) -> Landing {
        tracing::error!(target: "threelo", error = %Causes(error), "a callback could not be answered");
        Landing::Failed {
            reason: Reason::Unavailable,
            return_to: Some(self.return_to),
            handoff: self.flow.handoff,
            cookies: Vec::new(),
        }
    }
}
