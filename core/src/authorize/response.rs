//! The reading of the callback's query.

use crate::ids::Ticket;
use crate::message::query::{Param, Query};
use crate::secret::AuthorizationCode;

const LONGEST_CODE: usize = 4096;

/// What a callback says, before anything of it is believed.
#[derive(Debug)]
pub struct AuthorizationResponse {
    /// The flow's key; absent only on an error answer of some servers.
    pub state: Option<Ticket>,
    /// What came of the flow.
    pub outcome: Outcome,
}

/// What came of a flow at Atlassian.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A code to exchange.
    Code(AuthorizationCode),
    /// `access_denied`: the person pressed Cancel.
    Cancelled,
    /// Another error answer.
    Failed,
    /// An answer that belongs to the flow and is wrong in itself: an impossible code, a foreign `iss`.
    Wrong,
}

/// A query that is no authorization response: no flow is touched.
#[derive(Debug)]
pub struct Malformed;

impl AuthorizationResponse {
    /// Reads the raw query; `issuer` is what `iss` must be, if it is there (RFC 9207 §2.4).
    ///
    /// # Errors
    ///
    /// [`Malformed`] for repeated or missing parameters, a broken state, and code and error together.
    pub fn parse(query: Option<&str>, issuer: &str) -> Result<Self, Malformed> {
        let query =
            Query::parse(query.unwrap_or_default().as_bytes()).map_err(|_too_large| Malformed)?;
        let names = ["code", "state", "error", "iss"];
        if names
            .iter()
            .any(|name| matches!(query.param(name), Param::Repeated))
        {
            return Err(Malformed);
        }
        let state = match query.param("state") {
            Param::Absent => None,
            Param::One(text) => Some(Ticket::parse(text.as_bytes()).ok_or(Malformed)?),
            _ => return Err(Malformed),
        };
        let outcome = outcome(&query)?;
        if state.is_none() && !matches!(outcome, Outcome::Cancelled) {
            return Err(Malformed);
        }
        let foreign = match query.param("iss") {
            Param::Absent => false,
            Param::One(iss) => iss != issuer,
            _ => true,
        };
        Ok(Self {
            state,
            outcome: if foreign { Outcome::Wrong } else { outcome },
        })
    }
}

fn outcome(query: &Query) -> Result<Outcome, Malformed> {
    match (query.param("code"), query.param("error")) {
        (Param::Absent, Param::Absent) => Err(Malformed),
        (Param::Absent, Param::One(error)) if error == "access_denied" => Ok(Outcome::Cancelled),
        (Param::Absent, _) => Ok(Outcome::Failed),
        (Param::One(code), Param::Absent) if code.bytes().all(|byte| byte == b' ') => {
            Err(Malformed)
        }
        (Param::One(code), Param::Absent) => Ok(read_code(&code)),
        (_, Param::Absent) => Ok(Outcome::Wrong),
        _ => Err(Malformed),
    }
}

fn read_code(code: &str) -> Outcome {
    let fits = code.len() <= LONGEST_CODE && code.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Outcome::Code(AuthorizationCode::new(code))
    } else {
        Outcome::Wrong
    }
}
