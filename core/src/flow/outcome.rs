//! Where a browser goes after the callback.

use crate::error::Reason;
use crate::ids::AccountId;
use crate::message::cookie::SetCookie;
use crate::return_to::ReturnTo;
use crate::session::Handoff;

/// Where a browser goes after the callback.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Landing {
    /// To a place of the app, with cookies to set.
    At(ReturnTo, Vec<SetCookie>),
    /// To a page of ours that says something first, and leads on from there.
    By(Interstitial, ReturnTo, Vec<SetCookie>),
    /// To the page that says why nothing came of it.
    Failed {
        /// Why.
        reason: Reason,
        /// Where the visitor wanted to go, if this browser's flow knows.
        return_to: Option<ReturnTo>,
        /// Who waits for the end, on another origin.
        handoff: Option<Handoff>,
        /// Cookies to remove.
        cookies: Vec<SetCookie>,
    },
    /// To a page of a listed origin, with the ticket in its fragment.
    Handed(String, Vec<SetCookie>),
    /// The first arrival of this flow is still at work.
    StillWorking,
    /// The app's own cookies did not come along from the other site: once more, from a page of ours.
    Bounce,
}

/// A page of ours on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interstitial {
    /// The sites; in connect mode those of this account.
    Picker(Option<AccountId>),
    /// The connected accounts.
    Connections,
    /// The page that tells whoever opened this window.
    Done,
}

impl Landing {
    pub(crate) fn refused(reason: Reason) -> Self {
        Self::Failed {
            reason,
            return_to: None,
            handoff: None,
            cookies: Vec::new(),
        }
    }
}
