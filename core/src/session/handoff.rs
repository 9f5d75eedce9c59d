//! A login for a page of another origin: how the page hears of the end, and the one-time ticket
//! that it redeems (docs/decisions/0064).
//!
//! The ticket is good for the one who knows the verifier of its challenge (RFC 7636 with S256,
//! between the page and threelo), at the origin for which it was made, for a minute, once.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::clock::SKEW;
use crate::crypto::Envelope;
use crate::error::Rejection;
use crate::ids::{HandoffTicket, SessionTokenHash};
use crate::ports::Ports;
use crate::return_to::ReturnTo;
use crate::session::lookup;
use crate::store::{SessionRecord, Spent};

/// How long a ticket is good: a page redeems it as soon as it loads.
const LIFE: Duration = Duration::from_secs(60);
/// The parameter of the fragment in which a ticket comes to a page.
const FRAGMENT: &str = "threelo_ticket";
/// The lengths that RFC 7636 (section 4.1) allows for a verifier.
const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

/// The page that waits for the end of a login, and how it hears of it. It travels sealed in the
/// flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handoff {
    /// The listed origin of the page.
    #[serde(rename = "o")]
    pub(crate) origin: String,
    /// What it must prove to redeem the ticket: the base64url of a SHA-256. Without it there is no
    /// ticket.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<String>,
    /// Whether the login happens in a window of its own, whose last page tells its opener.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) popup: bool,
}

impl Handoff {
    /// Whether a text may be a challenge: 43 characters of base64url, the length of a SHA-256.
    pub(crate) fn is_challenge(text: &str) -> bool {
        text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }

    /// Whether the ticket may come to a place: a registered page of the origin that waits. Anywhere else, an attacker who
    /// made the challenge could read the ticket (docs/decisions/0065), and a page that redirects would pass it on
    /// (docs/decisions/0084).
    pub(crate) fn may_come_to(&self, ports: &Ports, place: &ReturnTo) -> bool {
        let browsers = &ports.config.browsers;
        browsers.is_handoff_page(&self.origin, place.as_str())
    }

    /// A ticket for a session; `None` if no challenge was given, or if it cannot be sealed.
    ///
    /// It names the session by its hash, is sealed for the origin and the challenge, and costs no
    /// store write: only its use does.
    pub(crate) fn ticket(
        &self,
        ports: &Ports,
        session: &SessionTokenHash,
    ) -> Option<HandoffTicket> {
        let content = Content {
            session: session.0,
            origin: self.origin.clone(),
            challenge: self.challenge.clone()?,
        };
        let content = serde_json::to_vec(&content).ok()?;
        let text = envelope(ports).seal(&content, ports.now()).ok()?;
        Some(HandoffTicket::new(text))
    }
}

/// What is sealed in a ticket. The session's hash is of no use as a cookie, even to the holder of
/// the keys.
#[derive(Serialize, Deserialize)]
struct Content {
    #[serde(rename = "s")]
    session: [u8; 32],
    #[serde(rename = "o")]
    origin: String,
    #[serde(rename = "c")]
    challenge: String,
}

/// A place with a ticket at the beginning of its fragment: browsers do not send fragments to
/// servers, so it appears in no log. A fragment that the place has already is kept behind it.
pub(crate) fn with_ticket(place: &ReturnTo, ticket: &HandoffTicket) -> String {
    match place.as_str().split_once('#') {
        Some((place, fragment)) => format!("{place}#{FRAGMENT}={}&{fragment}", ticket.as_str()),
        None => format!("{place}#{FRAGMENT}={}", ticket.as_str()),
    }
}

/// The session of a ticket, once, for the origin for which it was made and the page that knows the
/// verifier.
///
/// Origin, verifier and session are checked before the ticket is spent, so that a wrong guess does
/// not use it up. The comparison of the challenge takes the same time for every value.
///
/// # Errors
///
/// [`Rejection::Ticket`], whatever is wrong with it, so that the answer teaches nothing;
/// [`Rejection::Store`], after which the ticket may be spent.
pub(crate) async fn redeem(
    ports: &Arc<Ports>,
    ticket: &HandoffTicket,
    origin: &str,
    verifier: &str,
) -> Result<Arc<SessionRecord>, Rejection> {
    let content = opened(ports, ticket).ok_or(Rejection::Ticket)?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let is_proven = VERIFIER_LENGTHS.contains(&verifier.len())
        && bool::from(challenge.as_bytes().ct_eq(content.challenge.as_bytes()));
    if content.origin != origin || !is_proven {
        return Err(Rejection::Ticket);
    }
    let session = lookup::current(ports, Some(&SessionTokenHash(content.session))).await?;
    let session = session.ok_or(Rejection::Ticket)?;
    let now = ports.now();
    let until = now.checked_add(LIFE + SKEW).unwrap_or(now);
    match ports.marks.spend(ticket.hash().into(), now, until).await? {
        Spent::First => Ok(session),
        Spent::Again => Err(Rejection::Ticket),
    }
}

/// The app is part of what is authenticated: a ticket names a session by its hash, and apps that
/// share a store may share their keys, too.
fn envelope(ports: &Ports) -> Envelope<'_> {
    let [environment, client_id] = ports.config.app();
    let context = [
        &b"handoff ticket"[..],
        environment.as_bytes(),
        client_id.as_bytes(),
    ];
    Envelope::new(&ports.keys, context)
}

/// The content of a ticket that is ours and less than a minute old.
fn opened(ports: &Ports, ticket: &HandoffTicket) -> Option<Content> {
    let opened = envelope(ports).open(ticket.as_str(), ports.now(), LIFE)?;
    serde_json::from_slice(&opened.content).ok()
}
