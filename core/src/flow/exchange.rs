//! The exchange of a code: who may have a place for it, and the task in which it is done.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::clock::SKEW;
use crate::error::{Reason, Rejection};
use crate::flow::callback_request::CallbackRequest;
use crate::flow::completion;
use crate::flow::consent::{self, ConsentRequest, ConsentResult, Failure};
use crate::flow::outcome::{Busy, CallbackReply, Destination};
use crate::flow::verified::VerifiedFlow;
use crate::ids::{MarkKey, SessionTokenHash, Subject};
use crate::ports::{AtWork, CodeExchange, LimitDecision, Place, Ports};
use crate::secret::AuthorizationCode;
use crate::session::clean_up;
use crate::store::Spent;

/// Who arrives with a code.
pub(crate) struct Arriving<'a> {
    /// In connect mode, the app's user.
    subject: Option<Subject>,
    /// The session that the browser shows.
    session: Option<&'a SessionTokenHash>,
    /// Where the browser is, if it is known.
    client: Option<IpAddr>,
}

impl<'a> Arriving<'a> {
    /// The right user, and what else the request shows.
    pub(crate) fn of(subject: Option<Subject>, arrival: &CallbackRequest<'a>) -> Self {
        Self {
            subject,
            session: arrival.session,
            client: arrival.client,
        }
    }
}

/// When a visitor for whom there is no place comes again.
const SOON: Duration = Duration::from_secs(5);
/// How long a visitor waits for a turn while Atlassian is slow, before the page says so and comes again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// There is no place for the exchange. Nothing was spent, and the cookie stays.
fn busy(is_limited: bool, again_in: Duration) -> CallbackReply {
    tracing::info!(target: "threelo", is_limited, "too many codes are being exchanged: a visitor waits");
    CallbackReply::to(Destination::Busy(Busy {
        is_limited,
        again_in,
    }))
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
pub(crate) async fn spend(ports: &Arc<Ports>, flow: &VerifiedFlow) -> Result<Spent, Rejection> {
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
/// A place in the queue, and then a turn, are taken before the state is spent: if the process has too many exchanges, or
/// Atlassian is slow, the visitor can come again with the same flow (docs/attacks.md, T165). From the moment the state
/// is spent, the work is a task of its own, because the code works once and its grant would be lost
/// with a visitor who hangs up (T042). If that task panics, or the runtime ends, the flow is over.
pub(crate) async fn exchange(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    code: AuthorizationCode,
    who: Arriving<'_>,
) -> CallbackReply {
    let share = match admit(ports, &flow, &who).await {
        Ok(share) => share,
        Err(again_in) => return busy(true, again_in),
    };
    let (subject, old_session) = (who.subject, who.session);
    let Ok(place) = Arc::clone(&ports.queue).try_acquire_owned() else {
        return busy(false, SOON);
    };
    let Ok(Ok(turn)) = timeout(LONGEST_WAIT, Arc::clone(&ports.logins).acquire_owned()).await
    else {
        return busy(false, SOON);
    };
    match spend(ports, &flow).await {
        Err(error) => return flow.unavailable(&error),
        Ok(Spent::Again) => {
            drop(turn);
            return completion::again(ports, flow, old_session).await;
        }
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
        turn,
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

/// Takes a place for the client, and asks the app whether it has a limit of its own.
///
/// # Errors
///
/// When the visitor may come again.
async fn admit(
    ports: &Arc<Ports>,
    flow: &VerifiedFlow,
    who: &Arriving<'_>,
) -> Result<Place, Duration> {
    if let (None, Some(proxies)) = (who.client, ports.config.trusted_proxies) {
        ports.shares.warn_of_unknown_client(proxies);
    }
    let share = ports.shares.take(who.client, ports.now())?;
    let exchange = CodeExchange {
        client: who.client,
        subject: who.subject.clone(),
        details: flow.flow.details(),
    };
    match ports.hooks.limit(exchange).await {
        LimitDecision::Continue => Ok(share),
        LimitDecision::RetryAfter(rest) => Err(rest.min(ports.config.lifetimes.flow)),
    }
}

/// What an exchange takes up until it is over.
struct Places {
    /// The client's part of the queue.
    share: Place,
    /// A place in the queue.
    place: OwnedSemaphorePermit,
    /// The turn at Atlassian.
    turn: OwnedSemaphorePermit,
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
        let outcome = consent::take(&worker, request, places.turn).await;
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
