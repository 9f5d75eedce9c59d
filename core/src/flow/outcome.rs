//! Where a browser goes after the callback.
//!
//! Every end but three is a redirect, so that no code stays in the address bar or in the history
//! (docs/decisions/0019). What becomes of each destination is decided by the route; this room only
//! names it.

use std::time::Duration;

use crate::error::Reason;
use crate::flow::flash::{self, Flash};
use crate::ids::AccountId;
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::return_to::ReturnTo;
use crate::session::Handoff;

/// The end of a callback: where the browser goes, and which cookies change, the flash for the next
/// page among them.
#[derive(Debug)]
pub(crate) struct CallbackReply {
    /// Where the browser goes.
    pub to: Destination,
    /// Cookies to set and to remove; the flow's own removal is among them whenever the flow is
    /// over.
    pub cookies: Vec<SetCookie>,
}

/// Where a browser goes after the callback.
#[derive(Debug)]
pub(crate) enum Destination {
    /// To a place of the app.
    App(ReturnTo),
    /// To a page of ours that says something first, and then leads to a place of the app.
    Page(Interstitial, ReturnTo),
    /// To the error page, with a reason from a closed list.
    Error(ErrorPage),
    /// To a page of a listed origin, with the handoff ticket in its fragment; only to the origin
    /// that asked for it (docs/decisions/0065).
    Handoff(String),
    /// Nowhere: the first arrival of this flow is still exchanging its code, in this process or at
    /// another instance. The page asks to wait.
    StillWorking,
    /// Nowhere: there is no place for the exchange now. The page comes back by itself.
    Busy(Busy),
    /// To the callback once more, by way of a page of ours, because the app's `SameSite=Strict`
    /// cookies are not sent with a navigation that began at Atlassian (docs/decisions/0033). Never
    /// a third time.
    Bounce,
}

/// Why a code is not exchanged now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Busy {
    /// Whether it is this visitor who has to wait, by their share or by the app's own limit, and not everybody.
    pub is_limited: bool,
    /// When to come again.
    pub again_in: Duration,
}

/// What the error page needs to know.
#[derive(Debug)]
pub(crate) struct ErrorPage {
    /// Why the flow has no result.
    pub reason: Reason,
    /// Where the visitor wanted to go; `None` if the flow is not proven to be this browser's.
    pub return_to: Option<ReturnTo>,
    /// The page of another origin that waits for the end and is told of the failure.
    pub handoff: Option<Handoff>,
}

/// A page of ours between the callback and the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interstitial {
    /// The list of sites; in connect mode that of this account.
    Picker(Option<AccountId>),
    /// The connected accounts, with a way to disconnect the one that is not the visitor's.
    Connections,
    /// The page that tells the window which opened this one, and closes (docs/decisions/0066).
    Done,
}

impl CallbackReply {
    /// A reply that changes no cookie.
    pub(crate) fn to(to: Destination) -> Self {
        let cookies = Vec::new();
        Self { to, cookies }
    }

    /// The error page for an arrival without a proven flow: no cookie changes, and no target of the
    /// query is followed.
    pub(crate) fn refused(reason: Reason) -> Self {
        Self::to(Destination::Error(ErrorPage {
            reason,
            return_to: None,
            handoff: None,
        }))
    }

    /// Adds a cookie to set or to remove.
    #[must_use]
    pub(crate) fn cookie(mut self, cookie: SetCookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Adds what the next page tells `recipient`: the account that is signed in, or the app's user.
    /// A flash that cannot be sealed is left out, and the page says less.
    #[must_use]
    pub(crate) fn flash(mut self, ports: &Ports, recipient: &str, flash: &Flash) -> Self {
        self.cookies.extend(flash::carry(ports, recipient, flash));
        self
    }
}
