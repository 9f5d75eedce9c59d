//! The end of a flow: who may finish it, once.

use std::sync::Arc;
use std::time::SystemTime;

use super::consent::{self, Consented};
use super::cookie::{self, Flow, FlowCookie};
use super::hooks::{Cancelled, Next};
use super::ports::Ports;
use super::session;
use crate::authorize::{AuthorizationResponse, Outcome};
use crate::error::{Reason, Rejection};
use crate::ids::Ticket;
use crate::message::cookie::SetCookie;
use crate::return_to::ReturnTo;
use crate::secret::AuthorizationCode;
use crate::store::Spent;

/// A browser at the callback.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    /// The raw query.
    pub query: Option<&'a str>,
    /// The flow cookies that it sent.
    pub flows: &'a [FlowCookie],
    /// The session cookie that it sent.
    pub session: Option<&'a Ticket>,
}

/// Where a browser goes after the callback.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Landing {
    /// To a place of the app, with cookies to set.
    At(ReturnTo, Vec<SetCookie>),
    /// To the page that says why nothing came of it.
    Failed {
        /// Why.
        reason: Reason,
        /// Where the visitor wanted to go, if this browser's flow knows.
        return_to: Option<ReturnTo>,
        /// Cookies to remove.
        cookies: Vec<SetCookie>,
    },
    /// The first arrival of this flow is still at work.
    StillWorking,
}

impl Landing {
    fn refused(reason: Reason) -> Self {
        Self::Failed {
            reason,
            return_to: None,
            cookies: Vec::new(),
        }
    }
}

/// Finishes a flow.
///
/// Only the browser that started the flow has its cookie; without it nothing is changed and nobody's flow is used up.
/// A state is spent before anything else happens, so that of any number of arrivals one exchanges the code.
pub(crate) async fn land(ports: &Arc<Ports>, arrival: Arrival<'_>) -> Landing {
    let Ok(response) =
        AuthorizationResponse::parse(arrival.query, ports.config.environment.auth_origin())
    else {
        return refuse("the query is no authorization response");
    };
    let Some(state) = response.state else {
        return Landing::refused(Reason::Cancelled);
    };
    let Some(flow) = cookie::open(ports, &state, arrival.flows) else {
        return refuse("this browser did not start the flow, or the flow is too old");
    };
    let bound = Bound {
        return_to: usable(ports, &flow),
        removal: cookie::removal(ports, &state),
        state,
        flow,
    };
    match response.outcome {
        Outcome::Code(code) => exchange(ports, bound, code, arrival.session).await,
        other => without_code(ports, bound, &other, arrival.session).await,
    }
}

/// A flow that is proven to be this browser's.
struct Bound {
    flow: Flow,
    state: Ticket,
    return_to: ReturnTo,
    removal: SetCookie,
}

impl Bound {
    fn failed(self, reason: Reason) -> Landing {
        Landing::Failed {
            reason,
            return_to: Some(self.return_to),
            cookies: vec![self.removal],
        }
    }

    /// The browser keeps the flow and may come again.
    fn unavailable(self) -> Landing {
        Landing::Failed {
            reason: Reason::Unavailable,
            return_to: Some(self.return_to),
            cookies: Vec::new(),
        }
    }
}

/// The return target once more through the rules: they may have changed since the start.
fn usable(ports: &Ports, flow: &Flow) -> ReturnTo {
    ports
        .config
        .return_to
        .accept(&flow.return_to)
        .unwrap_or_else(|| ports.config.default_return_to.clone())
}

fn refuse(why: &'static str) -> Landing {
    tracing::info!(target: "threelo", why, "callback refused");
    Landing::refused(Reason::Refused)
}

async fn spend(ports: &Ports, bound: &Bound) -> Result<Spent, Rejection> {
    let now = ports.now();
    let issued_at = bound.flow.issued_at.unwrap_or(now);
    let until = issued_at
        .checked_add(ports.config.lifetimes.flow)
        .unwrap_or(now);
    Ok(ports.marks.spend(bound.state.hash(), now, until).await?)
}

async fn without_code(
    ports: &Ports,
    bound: Bound,
    outcome: &Outcome,
    session: Option<&Ticket>,
) -> Landing {
    match spend(ports, &bound).await {
        Err(_) => return bound.unavailable(),
        Ok(Spent::Again) => return again(ports, bound, session).await,
        Ok(Spent::First) => {}
    }
    match outcome {
        Outcome::Cancelled => cancelled(ports, bound).await,
        Outcome::Failed => bound.failed(Reason::Unavailable),
        Outcome::Code(_) | Outcome::Wrong => bound.failed(Reason::Refused),
    }
}

async fn cancelled(ports: &Ports, bound: Bound) -> Landing {
    tracing::info!(target: "threelo", "login cancelled by the visitor");
    let told = Cancelled {
        details: bound.flow.details(),
        return_to: bound.return_to.clone(),
    };
    match ports.hooks.cancel(told).await {
        Next::GoTo(place) => match ports.config.return_to.accept(&place) {
            Some(place) => Landing::At(place, vec![bound.removal]),
            None => bound.failed(Reason::Cancelled),
        },
        Next::Continue | Next::Refuse => bound.failed(Reason::Cancelled),
    }
}

async fn exchange(
    ports: &Arc<Ports>,
    bound: Bound,
    code: AuthorizationCode,
    old_session: Option<&Ticket>,
) -> Landing {
    let Ok(place) = Arc::clone(&ports.queue).try_acquire_owned() else {
        return Landing::Failed {
            reason: Reason::Busy,
            return_to: Some(bound.return_to),
            cookies: Vec::new(),
        };
    };
    match spend(ports, &bound).await {
        Err(_) => return bound.unavailable(),
        Ok(Spent::Again) => return again(ports, bound, old_session).await,
        Ok(Spent::First) => {}
    }
    // From here on the work goes on without the visitor: a hang-up must not lose a grant.
    let (at_work, worker) = (ports.mark_at_work(bound.state.hash()), Arc::clone(ports));
    let asked = consent::Asked::new(&bound.flow, bound.return_to.clone(), code);
    let work = ports.tasks.spawn(async move {
        let (_at_work, _place) = (at_work, place);
        consent::take(&worker, asked).await
    });
    match work.await {
        Ok(Ok(consented)) => sign_in(ports, bound, consented, old_session).await,
        Ok(Err(reason)) => bound.failed(reason),
        Err(_panic_or_shutdown) => bound.failed(Reason::Unavailable),
    }
}

async fn sign_in(
    ports: &Arc<Ports>,
    bound: Bound,
    consented: Consented,
    old: Option<&Ticket>,
) -> Landing {
    match session::begin(ports, &consented, old).await {
        Ok(cookie) => Landing::At(consented.return_to, vec![bound.removal, cookie]),
        Err(_) => bound.failed(Reason::Unavailable),
    }
}

/// A second arrival never exchanges: it is told to wait, led on if its login has happened, or refused.
async fn again(ports: &Ports, bound: Bound, session: Option<&Ticket>) -> Landing {
    if ports.is_at_work(&bound.state.hash()) {
        return Landing::StillWorking;
    }
    let Ok(session) = session::current(ports, session).await else {
        return bound.unavailable();
    };
    let began = bound.flow.issued_at.unwrap_or(SystemTime::UNIX_EPOCH);
    match session {
        Some(session) if session.created_at >= began => {
            Landing::At(bound.return_to, vec![bound.removal])
        }
        _ => bound.failed(Reason::Refused),
    }
}
