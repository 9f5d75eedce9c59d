//! Where a browser goes after the callback.

use crate::error::Reason;
use crate::flow::flash::{self, Flash};
use crate::ids::AccountId;
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::return_to::ReturnTo;
use crate::session::Handoff;

/// The end of a callback: where the browser goes, what the next page tells, and which cookies change.
#[derive(Debug)]
pub(crate) struct CallbackReply {
    /// Where the browser goes.
    pub to: Destination,
    /// Cookies to set and to remove.
    pub cookies: Vec<SetCookie>,
}

/// Where a browser goes after the callback.
#[derive(Debug)]
pub(crate) enum Destination {
    /// To a place of the app.
    App(ReturnTo),
    /// To a page of ours that says something first, and leads on to a place of the app.
    Page(Interstitial, ReturnTo),
    /// To the page that says why nothing came of it.
    Error(ErrorPage),
    /// To a page of a listed origin, with the handoff ticket in its fragment.
    Handoff(String),
    /// Nowhere: the first arrival of this flow is still at work.
    StillWorking,
    /// Here once more, by way of a page of ours: the app's own cookies stayed behind.
    Bounce,
}

/// What the error page needs to know.
#[derive(Debug)]
pub(crate) struct ErrorPage {
    /// Why nothing came of the flow.
    pub reason: Reason,
    /// Where the visitor wanted to go, if this browser's flow knows.
    pub return_to: Option<ReturnTo>,
    /// Which page of another origin waits for the end.
    pub handoff: Option<Handoff>,
}

/// A page of ours on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interstitial {
    /// The sites; in connect mode those of this account.
    Picker(Option<AccountId>),
    /// The connected accounts.
    Connections,
    /// The page that tells the window which opened this one.
    Done,
}

impl CallbackReply {
    /// A reply that changes no cookie.
    pub(crate) fn to(to: Destination) -> Self {
        let cookies = Vec::new();
        Self { to, cookies }
    }

    /// The error page, where it is not known whose flow it was.
    pub(crate) fn refused(reason: Reason) -> Self {
        Self::to(Destination::Error(ErrorPage {
            reason,
            return_to: None,
            handoff: None,
        }))
    }

    /// With a cookie to set or to remove.
    #[must_use]
    pub(crate) fn cookie(mut self, cookie: SetCookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// With what the next page tells `recipient`: the account that is signed in, or the app's user. A flash that cannot be
    /// sealed is left out, and the page says less.
    #[must_use]
    pub(crate) fn flash(mut self, ports: &Ports, recipient: &str, flash: &Flash) -> Self {
        self.cookies.extend(flash::carry(ports, recipient, flash));
        self
    }
}
