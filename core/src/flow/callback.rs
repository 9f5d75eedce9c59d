//! The end of a flow: who may finish it, once.

use std::sync::Arc;

use crate::clock::SKEW;
use crate::error::{Reason, Rejection};
use crate::flow::callback_request::{CallbackRequest, ResolvedSubject};
use crate::flow::completion;
use crate::flow::consent::{self, ConsentRequest};
use crate::flow::outcome::{CallbackReply, Destination};
use crate::flow::state_cookie::{self, Flow};
use crate::flow::verified::VerifiedFlow;
use crate::ids::{SessionTokenHash, Subject};
use crate::ports::{Cancelled, HookDecision, Ports};
use crate::provider::authorization::{AuthorizationResponse, Outcome};
use crate::return_to::ReturnTo;
use crate::secret::AuthorizationCode;
use crate::session::clean_up;
use crate::store::Spent;

/// Finishes a flow.
///
/// Only the browser that started the flow has its cookie; without it nothing is changed and nobody's flow is used up.
/// A state is spent before anything else happens, so that of any number of arrivals one exchanges the code.
pub(crate) async fn handle_callback(
    ports: &Arc<Ports>,
    arrival: CallbackRequest<'_>,
) -> CallbackReply {
    let Ok(response) =
        AuthorizationResponse::parse(arrival.query, ports.config.environment.auth_origin())
    else {
        return refuse("the query is no authorization response");
    };
    let Some(state) = response.state else {
        return CallbackReply::refused(Reason::Cancelled);
    };
    let Some(flow) = state_cookie::open(ports, &state, arrival.flows) else {
        return refuse("this browser did not start the flow, or the flow is too old");
    };
    if flow.subject.is_some() != ports.config.mode.is_connect() {
        return refuse("the flow was started for something else");
    }
    let flow = VerifiedFlow {
        return_to: current_return_to(ports, &flow),
        removal: state_cookie::removal(ports, &state),
        state,
        flow,
    };
    match user_of(&flow, &arrival) {
        User::Right(subject) => {
            let session = arrival.session;
            match response.outcome {
                Outcome::Code(code) => exchange(ports, flow, code, subject, session).await,
                other => without_code(ports, flow, &other, session).await,
            }
        }
        User::Wrong => wrong_user(ports, flow).await,
        User::Bounce => CallbackReply::to(Destination::Bounce),
        User::Unknown => flow.unavailable(&Rejection::Subject),
    }
}

/// Whether the app's user is the one who started the flow.
enum User {
    /// Yes; `None` in sign-in mode, where the browser is all that counts.
    Right(Option<Subject>),
    /// No, or nobody is signed in to the app.
    Wrong,
    /// Perhaps: the app's cookies may have stayed behind.
    Bounce,
    /// The app cannot tell just now.
    Unknown,
}

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

/// The right browser, and another user of the app than the one who started the flow: it is used up, nothing is exchanged.
async fn wrong_user(ports: &Arc<Ports>, flow: VerifiedFlow) -> CallbackReply {
    tracing::info!(target: "threelo", "callback refused: another user of the app started the flow");
    match spend(ports, &flow).await {
        Ok(_) => flow.failed(Reason::Refused),
        Err(error) => flow.unavailable(&error),
    }
}

/// The return target once more through the rules: they may have changed since the start.
fn current_return_to(ports: &Arc<Ports>, flow: &Flow) -> ReturnTo {
    ports
        .config
        .return_to
        .accept(&flow.return_to)
        .unwrap_or_else(|| ports.config.default_return_to.clone())
}

fn refuse(why: &'static str) -> CallbackReply {
    tracing::info!(target: "threelo", why, "callback refused");
    CallbackReply::refused(Reason::Refused)
}

async fn spend(ports: &Arc<Ports>, flow: &VerifiedFlow) -> Result<Spent, Rejection> {
    let now = ports.now();
    let issued_at = flow.flow.issued_at.unwrap_or(now);
    let until = issued_at
        .checked_add(ports.config.lifetimes.flow + SKEW)
        .unwrap_or(now);
    let spent = ports
        .marks
        .spend(flow.state.hash().into(), now, until)
        .await?;
    if spent == Spent::First {
        clean_up(ports);
    }
    Ok(spent)
}

async fn without_code(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    outcome: &Outcome,
    session: Option<&SessionTokenHash>,
) -> CallbackReply {
    match spend(ports, &flow).await {
        Err(error) => return flow.unavailable(&error),
        Ok(Spent::Again) => return completion::again(ports, flow, session).await,
        Ok(Spent::First) => {}
    }
    match outcome {
        Outcome::Cancelled => cancelled(ports, flow).await,
        Outcome::Failed => flow.failed(Reason::Unavailable),
        Outcome::Code(_) | Outcome::Wrong => flow.failed(Reason::Refused),
    }
}

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
        HookDecision::Continue | HookDecision::Refuse => flow.failed(Reason::Cancelled),
    }
}

async fn exchange(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    code: AuthorizationCode,
    subject: Option<Subject>,
    old_session: Option<&SessionTokenHash>,
) -> CallbackReply {
    let Ok(place) = Arc::clone(&ports.queue).try_acquire_owned() else {
        return flow.busy();
    };
    match spend(ports, &flow).await {
        Err(error) => return flow.unavailable(&error),
        Ok(Spent::Again) => return completion::again(ports, flow, old_session).await,
        Ok(Spent::First) => {}
    }
    // From here on the work goes on without the visitor: a hang-up must not lose a grant.
    let (at_work, worker) = (ports.mark_at_work(flow.state.hash()), Arc::clone(ports));
    let is_connect = subject.is_some();
    let return_to = flow.return_to.clone();
    let request = ConsentRequest::new(ports, &flow.flow, return_to, code, subject);
    let work = ports.tasks.spawn(async move {
        let (_at_work, _place) = (at_work, place);
        consent::take(&worker, request).await
    });
    match work.await {
        Ok(Ok(consented)) if is_connect => completion::connected(ports, &flow, consented),
        Ok(Ok(consented)) => completion::sign_in(ports, flow, consented, old_session).await,
        Ok(Err(failure)) => completion::failed(ports, flow, failure, old_session).await,
        Err(_panic_or_shutdown) => flow.failed(Reason::Unavailable),
    }
}
