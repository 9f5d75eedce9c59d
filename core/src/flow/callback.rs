//! The end of a flow: who may finish it, once.
//!
//! The order of the checks is what makes the attacks of docs/attacks.md A and B fail. Nothing is
//! spent before the flow is proven to be this browser's, and nothing is exchanged before the state
//! is spent.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::clock::SKEW;
use crate::error::{Reason, Rejection};
use crate::flow::callback_request::{CallbackRequest, ResolvedSubject};
use crate::flow::completion;
use crate::flow::consent::{self, ConsentRequest, ConsentResult, Failure};
use crate::flow::outcome::{Busy, CallbackReply, Destination};
use crate::flow::state_cookie::{self, Flow};
use crate::flow::verified::VerifiedFlow;
use crate::ids::{MarkKey, SessionTokenHash, Subject};
use crate::ports::{AtWork, Cancelled, HookDecision, Place, Ports};
use crate::provider::authorization::{AuthorizationResponse, Outcome};
use crate::return_to::ReturnTo;
use crate::secret::AuthorizationCode;
use crate::session::clean_up;
use crate::store::Spent;

/// Finishes a flow. Never fails: whatever goes wrong is a destination.
///
/// 1. The query is read. If it is no authorization response (RFC 6749 section 4.1.2), no flow is
///    touched (docs/decisions/0017). An `access_denied` without `state`, as Atlassian may send it,
///    is shown as a cancel and ends no flow (docs/protocol.md, 1.5).
/// 2. The flow's cookie must open under the state. A browser that did not start the flow is refused
///    here, and changes nothing: the flow goes on in the browser that has it (docs/attacks.md,
///    T001, T002, T045).
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
        return refuse("this browser did not start the flow, or the flow is too old");
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

/// Refuses an arrival whose flow is not proven. The visitor is told the same in all cases
/// (docs/attacks.md, T050); the log tells which.
fn refuse(why: &'static str) -> CallbackReply {
    tracing::info!(target: "threelo", why, "callback refused");
    CallbackReply::refused(Reason::Refused)
}

/// Spends the state, once for all instances; the mark is kept until the flow could not be finished
/// any more, by any instance's clock. The first arrival also starts the cleanup of expired rows
/// (docs/decisions/0059).
///
/// Marks in memory are gone after a restart. A flow that began before them may have been spent, so it counts as spent.
///
/// # Errors
///
/// [`Rejection::Store`] if the store cannot tell who was first: then nothing may be exchanged.
async fn spend(ports: &Arc<Ports>, flow: &VerifiedFlow) -> Result<Spent, Rejection> {
    let now = ports.now();
    let issued_at = flow.flow.issued_at.unwrap_or(now);
    if ports.marks_since().is_some_and(|since| issued_at < since) {
        return Ok(Spent::Again);
    }
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

/// Ends a flow that came back without a code: its cookie goes. A wrong answer, such as a foreign
/// `iss` (RFC 9207), ends the flow as well.
///
/// Nothing is exchanged, so nothing is marked: marks are for what works once, and a hundred
/// thousand cancels by somebody anonymous must not fill a store (docs/decisions/0077).
async fn without_code(ports: &Arc<Ports>, flow: VerifiedFlow, outcome: &Outcome) -> CallbackReply {
    match outcome {
        Outcome::Cancelled => cancelled(ports, flow).await,
        Outcome::Failed => flow.failed(Reason::Unavailable),
        Outcome::Code(_) | Outcome::Wrong => flow.failed(Reason::Refused),
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
        HookDecision::Continue | HookDecision::Refuse => flow.failed(Reason::Cancelled),
    }
}

/// Who arrives with a code.
struct Arriving<'a> {
    /// In connect mode, the app's user.
    subject: Option<Subject>,
    /// The session that the browser shows.
    session: Option<&'a SessionTokenHash>,
    /// The network that the browser is in, if it is known.
    client: Option<IpAddr>,
}

impl<'a> Arriving<'a> {
    /// The right user, and what else the request shows.
    fn of(subject: Option<Subject>, arrival: &CallbackRequest<'a>) -> Self {
        Self {
            subject,
            session: arrival.session,
            client: arrival.client,
        }
    }
}

/// When a visitor for whom there is no place comes again.
const SOON: Duration = Duration::from_secs(5);

/// There is no place for the exchange. Nothing was spent, and the cookie stays.
fn busy(is_limited: bool, again_in: Duration) -> CallbackReply {
    tracing::info!(target: "threelo", is_limited, "too many codes are being exchanged: a visitor waits");
    CallbackReply::to(Destination::Busy(Busy {
        is_limited,
        again_in,
    }))
}

/// How long another instance believes that a flow is at work. It is noted anew while the work goes on; after a crash the
/// visitor is refused when this time has passed.
const BELIEVED: Duration = Duration::from_secs(90);
/// How long the exchange waits for the first note.
const PATIENCE: Duration = Duration::from_secs(1);

/// Keeps other instances informed that a flow is at work here. Dropping it stops that, also if the work panics.
struct Noted(Option<JoinHandle<()>>);

impl Noted {
    /// Stops, and waits until nothing is written any more.
    async fn stop(mut self) {
        if let Some(keeper) = self.0.take() {
            keeper.abort();
            drop(keeper.await);
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(keeper) = &self.0 {
            keeper.abort();
        }
    }
}

/// Notes for other instances that the flow is at work here, now and every half a minute. Returns when the first note is
/// written, or after a second: if it cannot be written, an arrival at another instance is refused, and no more.
async fn note_work(ports: &Arc<Ports>, state: MarkKey) -> Noted {
    let marks = Arc::clone(&ports.marks);
    let (tell, noted) = oneshot::channel();
    let keeper = ports.tasks.spawn_uncounted(async move {
        drop(marks.begin_work(state, BELIEVED).await);
        let _gone = tell.send(());
        loop {
            sleep(BELIEVED / 3).await;
            drop(marks.begin_work(state, BELIEVED).await);
        }
    });
    let keeper = Noted(keeper);
    drop(timeout(PATIENCE, noted).await);
    keeper
}

/// Exchanges the code, as the first arrival of its flow.
///
/// A place in the queue is taken before the state is spent: if the process has too many exchanges,
/// the visitor can come again with the same flow (docs/attacks.md, T165). From the moment the state
/// is spent, the work is a task of its own, because the code works once and its grant would be lost
/// with a visitor who hangs up (T042). If that task panics, or the runtime ends, the flow is over.
async fn exchange(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    code: AuthorizationCode,
    who: Arriving<'_>,
) -> CallbackReply {
    let Arriving {
        subject,
        session: old_session,
        client,
    } = who;
    let share = match ports.shares.take(client, ports.now()) {
        Ok(share) => share,
        Err(again_in) => return busy(true, again_in),
    };
    let Ok(place) = Arc::clone(&ports.queue).try_acquire_owned() else {
        return busy(false, SOON);
    };
    match spend(ports, &flow).await {
        Err(error) => return flow.unavailable(&error),
        Ok(Spent::Again) => return completion::again(ports, flow, old_session).await,
        Ok(Spent::First) => {}
    }
    // From here on the work goes on without the visitor: a hang-up must not lose a grant.
    let at_work = ports.mark_at_work(flow.state.hash());
    let is_connect = subject.is_some();
    let return_to = flow.return_to.clone();
    let request = ConsentRequest::new(ports, &flow.flow, return_to, code, subject);
    let places = Places {
        share,
        place,
        at_work,
    };
    let work = start(ports, flow.state.hash().into(), request, places);
    match work.await {
        Ok(Ok(consented)) if is_connect => completion::connected(ports, &flow, consented),
        Ok(Ok(consented)) => completion::sign_in(ports, flow, consented, old_session).await,
        Ok(Err(failure)) => completion::failed(ports, flow, failure, old_session).await,
        Err(_panic_or_shutdown) => flow.failed(Reason::Unavailable),
    }
}

/// What an exchange takes up until it is over.
struct Places {
    /// The client's part of the queue.
    share: Place,
    /// A place in the queue.
    place: OwnedSemaphorePermit,
    /// The note that this process is at work.
    at_work: AtWork,
}

/// Starts the exchange in a task of its own.
fn start(
    ports: &Arc<Ports>,
    state: MarkKey,
    request: ConsentRequest,
    places: Places,
) -> JoinHandle<Result<ConsentResult, Failure>> {
    let worker = Arc::clone(ports);
    ports.tasks.spawn(async move {
        let noted = note_work(&worker, state).await;
        let outcome = consent::take(&worker, request).await;
        if matches!(&outcome, Err(failure) if failure.is_code_refused) {
            places.share.refused(worker.now());
        }
        drop((places.at_work, places.place));
        let marks = Arc::clone(&worker.marks);
        drop(worker.tasks.spawn(async move {
            noted.stop().await;
            marks.end_work(state).await
        }));
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_leaves_nobody_who_notes_it() {
        let kept = Arc::new(());
        let theirs = Arc::clone(&kept);
        let keeper = tokio::spawn(async move {
            let _theirs = theirs;
            std::future::pending::<()>().await;
        });
        let work = tokio::spawn(async move {
            let _noted = Noted(Some(keeper));
            panic!("the work");
        });
        assert!(work.await.is_err());

        let gone = async {
            while Arc::strong_count(&kept) > 1 {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(Duration::from_secs(5), gone).await.is_ok());
    }
}
