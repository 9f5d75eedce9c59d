//! What the next page says, carried there by a sealed cookie: no name stands in an address.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crypto::Envelope;
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::session::Handoff;

const LIFE: Duration = Duration::from_secs(5 * 60);

/// What happened on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Flash {
    /// Another account was chosen at Atlassian than the one that was asked for; both by the names they show.
    WrongAccount {
        /// Who was asked for; empty if nobody knows a name.
        expected: String,
        /// Who came.
        chosen: String,
    },
    /// An account was connected.
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
    /// The wished site is not among those that were granted.
    SiteNotGranted {
        /// The wish.
        wish: String,
    },
    /// The window may tell whoever opened it.
    Done {
        /// Whom, and what they may have.
        handoff: Handoff,
        /// Where the visitor was going.
        return_to: String,
    },
}

/// The cookie that carries a flash to `recipient`: the account that is signed in, or in connect mode the app's user. The
/// next person at the same browser does not read it. `None` if it cannot be made, and then the page says less.
pub(crate) fn carry(ports: &Ports, recipient: &str, flash: &Flash) -> Option<SetCookie> {
    let content = serde_json::to_vec(flash).ok()?;
    let value = envelope(ports, recipient)
        .seal(&content, ports.now())
        .ok()?;
    let cookies = &ports.config.cookies;
    Some(SetCookie::new(&cookies.flash, &value, cookies.secure).max_age(LIFE.as_secs()))
}

/// The flash of a cookie, if it is ours, for this recipient and not too old.
pub(crate) fn read(ports: &Ports, recipient: &str, cookie: &str) -> Option<Flash> {
    let opened = envelope(ports, recipient).open(cookie, ports.now(), LIFE)?;
    serde_json::from_slice(&opened.content).ok()
}

fn envelope<'a>(ports: &'a Ports, recipient: &'a str) -> Envelope<'a> {
    Envelope::new(&ports.keys, [&b"flash"[..], recipient.as_bytes()])
}

/// Removes it: it is read once.
pub(crate) fn removal(ports: &Ports) -> SetCookie {
    let cookies = &ports.config.cookies;
    SetCookie::removal(&cookies.flash, cookies.secure)
}
