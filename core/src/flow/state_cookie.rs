//! The sealed cookie that holds a flow: it costs no store write, and only the browser that started the flow has it.

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

/// Flow cookies of one browser: so many, and so many bytes of names and values.
const MOST_COOKIES: usize = 5;
const MOST_BYTES: usize = 6 * 1024;
/// What a flow may hold, so that its cookie stays far below 4096 bytes.
const MOST_PLAINTEXT: usize = 1400;

/// A flow cookie as the browser sent it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FlowCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

opaque_debug!(FlowCookie);

impl FlowCookie {
    /// When its flow started, as it says in clear; the seal proves it later.
    fn issued_at(&self) -> u64 {
        self.value
            .split('.')
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    fn bytes(&self) -> usize {
        self.name.len() + self.value.len()
    }
}

/// What a flow remembers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    #[serde(rename = "r")]
    pub(crate) return_to: String,
    #[serde(
        rename = "d",
        default,
        skip_serializing_if = "serde_json::Value::is_null"
    )]
    details: serde_json::Value,
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) more_scopes: Vec<String>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) wished_site: Option<String>,
    /// In connect mode: the user of the app who started it.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// The only account that may come back, if it matters.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    #[serde(rename = "m", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) remember: bool,
    /// Who waits for the end, on another origin.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub(crate) handoff: Option<Handoff>,
    #[serde(rename = "v")]
    verifier: String,
    #[serde(skip)]
    pub(crate) issued_at: Option<SystemTime>,
}

impl Flow {
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

    pub(crate) fn details(&self) -> FlowDetails {
        FlowDetails::new(self.details.clone())
    }

    pub(crate) fn verifier(&self) -> CodeVerifier {
        CodeVerifier::new(self.verifier.as_str())
    }

    /// Its plaintext, or what does not fit.
    pub(crate) fn plaintext(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self)
            .ok()
            .filter(|text| text.len() <= MOST_PLAINTEXT)
    }
}

/// The name of a state's cookie.
pub(crate) fn name_of(ports: &Ports, state: &FlowState) -> String {
    let mut hash = URL_SAFE_NO_PAD.encode(state.hash().as_bytes());
    hash.truncate(8);
    format!("{}{hash}", ports.config.cookies.flow_prefix)
}

/// Seals a flow under its state.
pub(crate) fn seal(
    ports: &Ports,
    state: &FlowState,
    plaintext: &[u8],
) -> Result<SetCookie, Rejection> {
    let encoded = state.encode();
    let sealed = envelope(ports, &encoded).seal(plaintext, ports.now());
    let value = sealed.map_err(|error| match error {
        EnvelopeError::NoRandomness => Rejection::NoRandomness,
        EnvelopeError::TooLarge => Rejection::Login("the flow cannot be sealed"),
    })?;
    let lifetime = ports.config.lifetimes.flow.as_secs();
    Ok(
        SetCookie::new(&name_of(ports, state), &value, ports.config.cookies.secure)
            .max_age(lifetime),
    )
}

/// The flow of a state, if this browser started it and it is not too old.
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

fn envelope<'a>(ports: &'a Ports, state: &'a str) -> Envelope<'a> {
    Envelope::new(&ports.keys, [state.as_bytes()])
}

/// Removes a state's cookie.
pub(crate) fn removal(ports: &Ports, state: &FlowState) -> SetCookie {
    SetCookie::removal(&name_of(ports, state), ports.config.cookies.secure)
}

/// Removals of the oldest flows, so that one more of `new_bytes` fits.
pub(crate) fn evictions(ports: &Ports, cookies: &[FlowCookie], new_bytes: usize) -> Vec<SetCookie> {
    let mut newest_first: Vec<&FlowCookie> = cookies.iter().collect();
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
