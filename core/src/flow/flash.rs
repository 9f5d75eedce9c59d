//! What the next page says, carried there by a sealed cookie: no name and no account stands in an address.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::clock::{age, from_unix_seconds, unix_seconds};
use crate::crypto::{Purpose, random};
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

/// The cookie that carries a notice for somebody: the account that is signed in, or in connect mode the app's user. The
/// next person at the same browser does not read it. `None` if it cannot be made, and then the page says less.
pub(crate) fn carry(ports: &Ports, whose: &str, notice: &Flash) -> Option<SetCookie> {
    let plaintext = serde_json::to_vec(notice).ok()?;
    let issued_at = unix_seconds(ports.now()).to_string();
    let associated: [&[u8]; 3] = [b"notice", whose.as_bytes(), issued_at.as_bytes()];
    let nonce = random().ok()?;
    let sealed = ports
        .keys
        .seal(Purpose::Flow, &associated, nonce, &plaintext);
    let value = format!("{issued_at}.{}", URL_SAFE_NO_PAD.encode(sealed.ok()?));
    let cookies = &ports.config.cookies;
    Some(SetCookie::new(&cookies.notice, &value, cookies.secure).max_age(LIFE.as_secs()))
}

/// The notice of a cookie, if it is ours, for this person and not too old.
pub(crate) fn read(ports: &Ports, whose: &str, cookie: &str) -> Option<Flash> {
    let (issued_text, sealed) = cookie.split_once('.')?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let associated: [&[u8]; 3] = [b"notice", whose.as_bytes(), issued_text.as_bytes()];
    let opened = ports.keys.open(Purpose::Flow, &associated, &sealed).ok()?;
    let issued_at = from_unix_seconds(issued_text.parse().ok()?);
    let age = age(ports.now(), issued_at)?;
    if age >= LIFE {
        return None;
    }
    serde_json::from_slice(&opened).ok()
}

/// Removes it: a notice is read once.
pub(crate) fn removal(ports: &Ports) -> SetCookie {
    let cookies = &ports.config.cookies;
    SetCookie::removal(&cookies.notice, cookies.secure)
}
