//! The sealed cookie that holds a flow: it costs no store write, and only the browser that started
//! the flow has it (docs/decisions/0014).
//!
//! The cookie is named after the hash of its state and sealed with the state as associated data. A
//! callback therefore finds its flow only in the right browser, and a cookie moved to another name
//! does not open (docs/attacks.md, T005 and T029).

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::crypto::{Envelope, EnvelopeError};
use crate::error::Rejection;
use crate::ids::FlowState;
use crate::message::cookie::SetCookie;
use crate::ports::{FlowDetails, Ports};
use crate::secret::{CodeVerifier, opaque_debug};
use crate::session::Handoff;

/// Flow cookies of one browser: at most five, which allows for several tabs. Browsers limit the
/// cookies of a host, and proxies limit the header.
const MOST_COOKIES: usize = 5;
/// At most this many bytes of names and values, of all flow cookies together.
const MOST_BYTES: usize = 6 * 1024;
/// The most bytes of JSON in a flow, so that its cookie stays below the 4096 bytes that browsers keep: sealed and in
/// base64url these are about 3500. A return target of 2048 bytes has room.
const MOST_PLAINTEXT: usize = 2560;
/// The most bytes of JSON in the app's details.
const MOST_DETAILS: usize = 1280;

/// A flow cookie as the browser sent it; nothing of it is believed until it opens.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FlowCookie {
    /// Its name: the prefix of the app, and a part of the state's hash.
    pub name: String,
    /// Its value: the second in which it was sealed, a dot, and the sealed flow.
    pub value: String,
}

opaque_debug!(FlowCookie);

impl FlowCookie {
    /// When its flow started, as it says in clear, in seconds since 1970; the seal proves it later.
    /// Good enough to choose which cookie to remove.
    fn issued_at(&self) -> u64 {
        self.value
            .split('.')
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    /// What it takes of the limit.
    fn bytes(&self) -> usize {
        self.name.len() + self.value.len()
    }
}

/// What a flow remembers between its start and its callback. The names of the fields are short
/// because the whole flow must fit into a cookie.
///
/// It is what was known at the start: `return_to` is checked again at the end, because the rules
/// may have changed (docs/attacks.md, T066).
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    /// The place where the visitor goes at the end.
    #[serde(rename = "r")]
    pub(crate) return_to: String,
    /// The app's own payload; `null` if there is none.
    #[serde(
        rename = "d",
        default,
        skip_serializing_if = "serde_json::Value::is_null"
    )]
    details: serde_json::Value,
    /// The scopes that were asked for in addition to the configured ones.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) more_scopes: Vec<String>,
    /// The site that the visitor wants to have granted: an address, a host or a cloud id.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) wished_site: Option<String>,
    /// In connect mode, the user of the app who started the flow; its presence tells the modes
    /// apart (docs/attacks.md, T007).
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// The only account that may come back; `None` if any may (docs/decisions/0023).
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Whether the session is to have the longer lifetimes.
    #[serde(rename = "m", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) remember: bool,
    /// The page of another origin that waits for the end.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub(crate) handoff: Option<Handoff>,
    /// The PKCE verifier (RFC 7636); it leaves the server only sealed, and to the token endpoint.
    #[serde(rename = "v")]
    verifier: String,
    /// When the flow started; known from the envelope, so it is `None` until the cookie was opened.
    #[serde(skip)]
    pub(crate) issued_at: Option<SystemTime>,
}

impl Flow {
    /// A flow that asks for nothing beyond the configured scopes.
    pub(crate) fn new(return_to: String, details: &FlowDetails, verifier: &CodeVerifier) -> Self {
        Self {
            return_to,
            details: details.value().clone(),
            more_scopes: Vec::new(),
            wished_site: None,
            subject: None,
            account: None,
            remember: false,
            handoff: None,
            verifier: verifier.expose().to_owned(),
            issued_at: None,
        }
    }

    /// The app's payload, for its hooks.
    pub(crate) fn details(&self) -> FlowDetails {
        FlowDetails::new(self.details.clone())
    }

    /// The verifier whose hash the authorization request carried.
    pub(crate) fn verifier(&self) -> CodeVerifier {
        CodeVerifier::new(self.verifier.as_str())
    }

    /// The flow as JSON; `None` if it, or the app's details in it, are larger than they may be.
    pub(crate) fn plaintext(&self) -> Option<Vec<u8>> {
        if self.details.to_string().len() > MOST_DETAILS {
            return None;
        }
        serde_json::to_vec(self)
            .ok()
            .filter(|text| text.len() <= MOST_PLAINTEXT)
    }
}

/// The characters of the state's hash in the name of its cookie.
const NAME_HASH: usize = 8;

/// Whether a name that begins with the app's prefix is one of its flows. A longer rest belongs to another app whose
/// suffix begins with this one's, and a shorter one is no hash.
pub(crate) fn is_name(rest: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    rest.len() == NAME_HASH && rest.iter().all(is_plain)
}

/// The name of a state's cookie: the prefix of the app and eight characters of the state's hash, so
/// that the name does not reveal the state.
pub(crate) fn name_of(ports: &Ports, state: &FlowState) -> String {
    let mut hash = URL_SAFE_NO_PAD.encode(state.hash().as_bytes());
    hash.truncate(NAME_HASH);
    format!("{}{hash}", ports.config.cookies.flow_prefix)
}

/// Seals a flow under its state, in a cookie that lives as long as the flow may.
///
/// # Errors
///
/// [`Rejection::NoRandomness`] if no nonce can be drawn, [`Rejection::Login`] if the cipher does
/// not take the plaintext.
pub(crate) fn seal(
    ports: &Ports,
    state: &FlowState,
    plaintext: &[u8],
) -> Result<SetCookie, Rejection> {
    let encoded = state.encode();
    let sealed = envelope(ports, &encoded).seal(plaintext, ports.now());
    let value = sealed.map_err(|error| match error {
        EnvelopeError::NoRandomness => Rejection::NoRandomness,
        EnvelopeError::TooLarge => Rejection::Login("the flow could not be sealed"),
    })?;
    let lifetime = ports.config.lifetimes.flow.as_secs();
    Ok(
        SetCookie::new(&name_of(ports, state), &value, ports.config.cookies.secure)
            .max_age(lifetime),
    )
}

/// The flow of a state, if this browser started it and it is younger than a flow may become.
///
/// Two cookies of that name with different values count as none: one of them was planted, and it is
/// unknown which (docs/attacks.md, T087). Why a cookie does not open is not told.
pub(crate) fn open(ports: &Ports, state: &FlowState, cookies: &[FlowCookie]) -> Option<Flow> {
    let name = name_of(ports, state);
    let mut named = cookies.iter().filter(|cookie| cookie.name == name);
    let cookie = named
        .next()
        .filter(|first| named.all(|other| other == *first))?;
    let encoded = state.encode();
    let lifetime = ports.config.lifetimes.flow;
    let opened = envelope(ports, &encoded).open(&cookie.value, ports.now(), lifetime)?;
    let mut flow: Flow = serde_json::from_slice(&opened.content).ok()?;
    flow.issued_at = Some(opened.issued_at);
    Some(flow)
}

/// App and state are part of what is authenticated: a flow opens for its own state only, and not at another app that
/// shares the keys, whose hooks would obey its details (docs/decisions/0076).
fn envelope<'a>(ports: &'a Ports, state: &'a str) -> Envelope<'a> {
    let [environment, client_id] = ports.config.app();
    let parts = ["flow", environment, client_id, state];
    Envelope::new(&ports.keys, parts.map(str::as_bytes))
}

/// Removes a state's cookie from the browser, whether it has one or not.
pub(crate) fn removal(ports: &Ports, state: &FlowState) -> SetCookie {
    SetCookie::removal(&name_of(ports, state), ports.config.cookies.secure)
}

/// The removals of the oldest flows that make room for one more cookie of `new_bytes`. A visitor
/// with more tabs than that loses the flow of the oldest one.
pub(crate) fn evictions(ports: &Ports, cookies: &[FlowCookie], new_bytes: usize) -> Vec<SetCookie> {
    // Browsers send older cookies first (RFC 6265 section 5.4), and two flows may have begun in one second.
    let mut newest_first: Vec<&FlowCookie> = cookies.iter().rev().collect();
    newest_first.sort_by_key(|cookie| std::cmp::Reverse(cookie.issued_at()));
    let mut bytes = new_bytes;
    let mut removals = Vec::new();
    for (index, cookie) in newest_first.into_iter().enumerate() {
        bytes += cookie.bytes();
        if index + 1 >= MOST_COOKIES || bytes > MOST_BYTES {
            removals.push(SetCookie::removal(
                &cookie.name,
                ports.config.cookies.secure,
            ));
        }
    }
    removals
}
