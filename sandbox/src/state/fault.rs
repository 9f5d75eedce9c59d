use std::collections::VecDeque;
use std::time::Duration;

/// An endpoint that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `GET /authorize`
    Authorize,
    /// `POST /oauth/token`
    Token,
    /// `GET /me`
    Me,
    /// `GET /oauth/token/accessible-resources`
    Sites,
    /// `POST /oauth/revoke`
    Revoke,
    /// Everything under `/ex/`
    Api,
}

impl Endpoint {
    pub(crate) fn of(method: &str, path: &str) -> Option<Self> {
        match (method, path) {
            ("GET", "/authorize") => Some(Self::Authorize),
            ("POST", "/oauth/token") => Some(Self::Token),
            ("GET", "/me") => Some(Self::Me),
            ("GET", "/oauth/token/accessible-resources") => Some(Self::Sites),
            ("POST", "/oauth/revoke") => Some(Self::Revoke),
            (_, path) if path.starts_with("/ex/") => Some(Self::Api),
            _ => None,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes late.
    Delay(Duration),
    /// This status, an empty JSON object, and nothing happens; 429 has a `Retry-After`.
    Status(u16),
    /// 200 with an HTML page, and nothing happens.
    Html,
    /// This status and body, and nothing happens.
    Body {
        /// The status.
        status: u16,
        /// The body, sent as JSON.
        body: String,
    },
    /// Exactly this, and nothing happens.
    Answer {
        /// The status.
        status: u16,
        /// The header fields, `Content-Type` included.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// 200 and JSON that never ends.
    Endless,
    /// 200 and one byte every five seconds.
    Drip,
    /// 200, half of the body, then the connection is closed.
    CutBody,
    /// A redirect, and nothing happens.
    Redirect {
        /// The status.
        status: u16,
        /// Where to.
        location: String,
    },
    /// The connection is closed before anything happens.
    CutBefore,
    /// Everything happens, then the connection is closed without an answer: the lost answer.
    CutAfter,
}

/// Faults that wait for their requests.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Planned>);

/// A fault and how often it still happens.
#[derive(Debug)]
struct Planned {
    endpoint: Endpoint,
    fault: Fault,
    left: usize,
}

impl Faults {
    pub(crate) fn add(&mut self, endpoint: Endpoint, fault: Fault, times: usize) {
        self.0.push_back(Planned {
            endpoint,
            fault,
            left: times,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn take(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let is_due = |planned: &Planned| planned.endpoint == endpoint;
        let index = self.0.iter().position(is_due)?;
        let planned = self.0.get_mut(index)?;
        let fault = planned.fault.clone();
        planned.left = planned.left.saturating_sub(1);
        if planned.left == 0 {
            self.0.remove(index);
        }
        Some(fault)
    }
}
