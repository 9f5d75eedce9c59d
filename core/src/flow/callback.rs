//! The end of a flow: who may finish it, once.
//!
//! The order of the checks is what makes the attacks of docs/attacks.md A and B fail. Nothing is
//! spent before the flow is proven to be this browser's, and nothing is exchanged before the state
//! is spent.

use std::sync::Arc;

use crate::error::{Reason, Rejection};
use crate::flow::callback_request::{CallbackRequest, ResolvedSubject};
use crate::flow::exchange::{Arriving, exchange, spend};
use crate::flow::outcome::{CallbackReply, Destination};
use crate::flow::state_cookie::{self, Flow};
use crate::flow::verified::VerifiedFlow;
use crate::ids::{SessionTokenHash, Subject};
use crate::ports::{Cancelled, HookDecision, Ports};
use crate::provider::authorization::{AuthorizationError, AuthorizationResponse, Outcome};
use crate::return_to::ReturnTo;
use crate::session;

/// Finishes a flow. Never fails: whatever goes wrong is a destination.
///
/// 1. The query is read. If it is no authorization response (RFC 6749 section 4.1.2), no flow is
///    touched (docs/decisions/0017). An `access_denied` without `state`, as Atlassian may send it,
///    is shown as a cancel and ends no flow (docs/protocol.md, 1.5).
/// 2. The flow's cookie must open under the state. A browser that did not start the flow is refused
///    here, and changes nothing: the flow goes on in the browser that has it (docs/attacks.md,
///    T001, T002, T045). A visitor who is signed in is led home instead of to an error page.
/// 3. The flow must be of the app's mode (T007).
/// 4. In connect mode the app's user must be the one who started the flow (docs/decisions/0032).
/// 5. The state is spent (docs/decisions/0015), and after that the code is exchanged. Without a code
///    the flow ends with its cookie, and nothing is spent (docs/decisions/0077).
pub(crate) async fn handle_callback(
    ports: &Arc<Ports>,
    arrival: CallbackRequest<'_>,
) -> CallbackReply {
    let Ok(response) =
        AuthorizationResponse::parse(arrival.query, ports.config.environment.auth_origin())
    else {
        return refuse("the query is not an authorization response");
    };
    let Some(state) = response.state else {
        return CallbackReply::refused(Reason::Cancelled);
    };
    let Some(flow) = state_cookie::open(ports, &state, arrival.flows) else {
        return unknown_flow(ports, arrival.session).await;
    };
    if flow.subject.is_some() != ports.config.mode.is_connect() {
        return refuse("the flow was started in the other mode");
    }
    let flow = VerifiedFlow {
        return_to: current_return_to(ports, &flow),
        removal: state_cookie::removal(ports, &state),
        state,
        flow,
    };
    match user_of(&flow, &arrival) {
        User::Right(subject) => match response.outcome {
            Outcome::Code(code) => {
                exchange(ports, flow, code, Arriving::of(subject, &arrival)).await
            }
            other => without_code(ports, flow, &other).await,
        },
        User::Wrong => wrong_user(ports, flow).await,
        User::Bounce => CallbackReply::to(Destination::Bounce),
        User::Unknown => flow.unavailable(&Rejection::Subject),
    }
}

/// Whether the app's user is the one who started the flow.
enum User {
    /// Yes; `None` in sign-in mode, where only the browser counts.
    Right(Option<Subject>),
    /// No: another user is signed in to the app, or none, and a bounce did not help
    /// (docs/attacks.md, T008 and T009).
    Wrong,
    /// Unknown: the app's cookies may not have been sent with this navigation (T012).
    Bounce,
    /// Unknown: the app could not tell (T011).
    Unknown,
}

/// Compares the starter of the flow with the app's user, byte by byte. A session of the app that
/// was renewed in between is no difference (T010).
fn user_of(flow: &VerifiedFlow, arrival: &CallbackRequest<'_>) -> User {
    let Some(starter) = flow.flow.subject.as_deref() else {
        return User::Right(None);
    };
    match &arrival.subject {
        ResolvedSubject::Subject(subject) if subject.as_str() == starter => {
            User::Right(Some(subject.clone()))
        }
        ResolvedSubject::Subject(_) => User::Wrong,
        ResolvedSubject::SignedOut if !arrival.bounced => User::Bounce,
        ResolvedSubject::SignedOut => User::Wrong,
        ResolvedSubject::Failed | ResolvedSubject::NotAsked => User::Unknown,
    }
}

/// Ends the flow of the right browser and the wrong user: its state is spent and its code is not
/// exchanged, so that it cannot be finished later, after another sign-in to the app.
async fn wrong_user(ports: &Arc<Ports>, flow: VerifiedFlow) -> CallbackReply {
    tracing::info!(target: "threelo", "callback refused: another user of the app started the flow");
    match spend(ports, &flow).await {
        Ok(_) => flow.failed(Reason::Refused),
        Err(error) => flow.unavailable(&error),
    }
}

/// The return target, checked again: the rules may have changed since the flow started. The default
/// target if it is refused now.
fn current_return_to(ports: &Arc<Ports>, flow: &Flow) -> ReturnTo {
    ports
        .config
        .return_to
        .accept(&flow.return_to)
        .unwrap_or_else(|| ports.config.default_return_to.clone())
}

/// A flow that this browser has no cookie of. Whoever is signed in came back to it from the history, and is led home: nothing is
/// exchanged, and the session stays who it is. Everybody else is refused.
async fn unknown_flow(ports: &Arc<Ports>, session: Option<&SessionTokenHash>) -> CallbackReply {
    match session::current(ports, session).await {
        Ok(Some(_signed_in)) => {
            tracing::info!(target: "threelo", "callback without a flow of this browser: the visitor is signed in and is sent home");
            CallbackReply::to(Destination::App(ports.config.default_return_to.clone()))
        }
        _ => refuse("this browser did not start the flow, or the flow is too old"),
    }
}

/// Refuses an arrival whose flow is not proven. The visitor is told the same in all cases
/// (docs/attacks.md, T050); the log tells which.
fn refuse(why: &'static str) -> CallbackReply {
    tracing::info!(target: "threelo", why, "callback refused");
    CallbackReply::refused(Reason::Refused)
}

/// Ends a flow that came back without a code: its cookie goes. A wrong answer, such as a foreign
/// `iss` (RFC 9207), ends the flow as well.
///
/// Nothing is exchanged, so nothing is marked: marks are for what works once, and a hundred
/// thousand cancels by somebody anonymous must not fill a store (docs/decisions/0077).
async fn without_code(ports: &Arc<Ports>, flow: VerifiedFlow, outcome: &Outcome) -> CallbackReply {
    match outcome {
        Outcome::Cancelled => cancelled(ports, flow).await,
        Outcome::Failed(error) => flow.failed(ended_by(error)),
        Outcome::Code(_) | Outcome::Wrong => flow.failed(Reason::Refused),
    }
}

/// Why Atlassian ended the login, for the operator in the log, and for the visitor.
fn ended_by(error: &AuthorizationError) -> Reason {
    let word = &*error.word;
    if error.is_of_setup {
        tracing::error!(target: "threelo", error = word, "Atlassian refused what this app asked for: compare its scopes, client id and callback URL with the developer console");
        Reason::Setup
    } else {
        tracing::warn!(target: "threelo", error = word, "Atlassian ended a login");
        Reason::Unavailable
    }
}

/// The visitor pressed Cancel: the app's hook may choose where they go, within the rules for return
/// targets; otherwise they see the page with a way back (docs/attacks.md, T044).
async fn cancelled(ports: &Arc<Ports>, flow: VerifiedFlow) -> CallbackReply {
    tracing::info!(target: "threelo", "login cancelled by the visitor");
    let told = Cancelled {
        details: flow.flow.details(),
        return_to: flow.return_to.clone(),
    };
    match ports.hooks.cancel(told).await {
        HookDecision::GoTo(place) => match ports.config.return_to.accept(&place) {
            Some(place) => CallbackReply::to(Destination::App(place)).cookie(flow.removal),
            None => flow.failed(Reason::Cancelled),
        },
        _ => flow.failed(Reason::Cancelled),
    }
}
