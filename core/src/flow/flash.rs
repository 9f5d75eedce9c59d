//! What the next page says, carried there by a sealed cookie, so that no name of a person appears
//! in an address (docs/decisions/0024).
//!
//! It lives for five minutes and is shown once. It opens only for the person it is meant for; the
//! next person at the same browser cannot read it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crypto::Envelope;
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::session::Handoff;

/// Long enough for a slow redirect; a page that is opened later says less.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// What happened on the way, as far as the next page may tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Flash {
    /// An account other than the requested one was chosen at Atlassian (docs/attacks.md, T014);
    /// both by the names that they show.
    WrongAccount {
        /// The name of the requested account; empty if this browser may not know it.
        expected: String,
        /// The name of the account that was chosen.
        chosen: String,
    },
    /// An account was connected; the visitor checks whether it is theirs.
    Connected {
        /// The name that it shows.
        name: String,
        /// Its id.
        account_id: String,
    },
    /// An account was disconnected here.
    Disconnected {
        /// The name that it shows.
        name: String,
    },
    /// The site that was wished for is not among those that were granted.
    SiteNotGranted {
        /// The wish, as it was given: an address, a host or a cloud id.
        wish: String,
    },
    /// The app refused the account, and says why. In sign-in mode it is for whoever uses the
    /// browser: nobody is signed in.
    RefusedByApp {
        /// The app's own words.
        words: String,
    },
    /// A script that stands in for the browser began a flow, and cannot follow it to Atlassian itself.
    Leave {
        /// Where the flow goes on, at Atlassian.
        location: String,
    },
    /// The window may tell the page that opened it.
    Done {
        /// The origin that may be told, and what it may have.
        handoff: Handoff,
        /// Where the visitor was going.
        return_to: String,
    },
}

/// The cookie that carries a flash to `recipient`: the account that is signed in, or in connect
/// mode the app's user.
///
/// `None` if it cannot be sealed. Then the page says less, and what has happened stands: a message
/// never fails a login.
pub(crate) fn carry(ports: &Ports, recipient: &str, flash: &Flash) -> Option<SetCookie> {
    let content = serde_json::to_vec(flash).ok()?;
    let value = envelope(ports, recipient)
        .seal(&content, ports.now())
        .ok()?;
    let cookies = &ports.config.cookies;
    Some(SetCookie::new(&cookies.flash, &value, cookies.secure).max_age(LIFE.as_secs()))
}

/// The flash of a cookie, if it is ours, for this recipient and less than five minutes old. The
/// caller removes the cookie.
pub(crate) fn read(ports: &Ports, recipient: &str, cookie: &str) -> Option<Flash> {
    let opened = envelope(ports, recipient).open(cookie, ports.now(), LIFE)?;
    serde_json::from_slice(&opened.content).ok()
}

/// App and recipient are part of what is authenticated; the word keeps it apart from other
/// envelopes of the same keys.
fn envelope<'a>(ports: &'a Ports, recipient: &'a str) -> Envelope<'a> {
    let [environment, client_id] = ports.config.app();
    let parts = ["flash", environment, client_id, recipient];
    Envelope::new(&ports.keys, parts.map(str::as_bytes))
}

/// Removes the cookie: a flash is shown once.
pub(crate) fn removal(ports: &Ports) -> SetCookie {
    let cookies = &ports.config.cookies;
    SetCookie::removal(&cookies.flash, cookies.secure)
}
