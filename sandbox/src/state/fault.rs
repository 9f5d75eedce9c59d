//! Faults: how requests fail, and those that are still to come.

use std::collections::VecDeque;
use std::time::Duration;

/// An endpoint that can fail, for [`Sandbox::fault`](crate::Sandbox::fault).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use threelo_sandbox::{Endpoint, Fault, Sandbox};
///
/// let sandbox = Sandbox::builder().start().await?;
/// sandbox.fault(Endpoint::Me, Fault::Status(503), 2);
///
/// let me = format!("{}/me", sandbox.url());
/// assert_eq!(reqwest::get(&me).await?.status(), 503);
/// assert_eq!(reqwest::get(&me).await?.status(), 503);
/// assert_eq!(reqwest::get(&me).await?.status(), 401, "the fault is used up");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `GET /authorize`, the first page; the forms behind it never fail.
    Authorize,
    /// `POST /oauth/token`, for codes and for refresh tokens.
    Token,
    /// `GET /me`
    Me,
    /// `GET /oauth/token/accessible-resources`
    Sites,
    /// `POST /oauth/revoke`
    Revoke,
    /// Every method and path below `/ex/`: Jira and Confluence.
    Api,
}

impl Endpoint {
    /// The endpoint that serves this method and path; `None` if it cannot fail.
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

/// What goes wrong with a request.
///
/// Except for [`Delay`](Self::Delay) and [`CutAfter`](Self::CutAfter) the request has no effect: a
/// refresh token, for example, is not used up. Every fault is in the journal. A status outside 100
/// to 999 becomes 500. Responses of the API host have `atl-traceid` and the CORS fields also when
/// they are faults.
///
/// ```
/// use std::time::Duration;
/// use threelo_sandbox::Fault;
///
/// let slow = Fault::Delay(Duration::from_secs(3));
/// let malformed = Fault::Body { status: 200, body: "[]".to_owned() };
/// let rate_limited = Fault::Answer {
///     status: 429,
///     headers: vec![("RateLimit-Reason".to_owned(), "jira-burst-based".to_owned())],
///     body: String::new(),
/// };
/// # let _ = (slow, malformed, rate_limited);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request takes effect, and its response comes, after this time. It is real time, not that
    /// of the [`SandboxClock`](crate::SandboxClock).
    Delay(Duration),
    /// This status with an empty JSON object; 429 comes with `Retry-After: 1`.
    Status(u16),
    /// 200 with an HTML page, as a gateway or a captive portal sends.
    Html,
    /// This status and body, with the content type of JSON.
    Body {
        /// The status.
        status: u16,
        /// The body, sent as it is; it need not be JSON.
        body: String,
    },
    /// Exactly this status, header and body.
    Answer {
        /// The status.
        status: u16,
        /// The header fields, `Content-Type` included. Of several under one name the last one is
        /// sent; an invalid one is left out.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// 200 and JSON that never ends: white space as fast as the client reads it.
    Endless,
    /// 200 and a body of which one byte comes every five seconds, without an end.
    Drip,
    /// 200 and `Content-Length: 1000`; the connection is closed after the first few bytes of the
    /// body.
    CutBody,
    /// A redirect with an empty JSON object.
    Redirect {
        /// The status.
        status: u16,
        /// The `Location`, sent as it is.
        location: String,
    },
    /// The connection is closed without a response, before the request takes effect.
    CutBefore,
    /// The request takes effect, then the connection is closed without a response: the response is
    /// lost.
    CutAfter,
}

/// Faults that have not been used up, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Planned>);

/// A fault and how many more times it happens.
#[derive(Debug)]
struct Planned {
    endpoint: Endpoint,
    fault: Fault,
    left: usize,
}

impl Faults {
    /// Appends a fault; earlier ones of the same endpoint apply first.
    pub(crate) fn add(&mut self, endpoint: Endpoint, fault: Fault, times: usize) {
        self.0.push_back(Planned {
            endpoint,
            fault,
            left: times,
        });
    }

    /// Forgets all faults of all endpoints.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of the next request to an endpoint, counted down; `None` if it does not fail.
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
