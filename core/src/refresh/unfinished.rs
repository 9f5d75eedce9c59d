//! Refreshes that were begun and not finished: their instance crashed, or got no answer.
//!
//! The lease of such a refresh tells that the token may be spent. Atlassian accepts it again for ten minutes
//! (`docs/protocol.md`, section 3.1), so somebody must send it within that time, whether or not anybody asks for a token
//! (`docs/decisions/0083-unfinished-refreshes-are-finished.md`).

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::Causes;
use crate::ports::{Phase, Ports};
use crate::refresh::run;
use crate::store::{GrantRecord, StoreError, Unfinished};

/// When a process looks for the first time.
const FIRST: Duration = Duration::from_secs(10);
/// How often one of all processes looks. A lease counts as abandoned a minute after a crash, so that the token is sent
/// within about two minutes, and several times more if that fails.
const GAP: Duration = Duration::from_secs(60);

/// Looks for unfinished refreshes, now and then, for as long as the app lives. Does nothing if there is no runtime to do it
/// on, or if the process looks already.
pub(crate) fn keep_looking(ports: &Arc<Ports>) {
    if ports.sealed.is_some() {
        let start = || {
            ports
                .tasks
                .spawn_uncounted(look_often(Arc::downgrade(ports)))
        };
        ports.refresh.start_watch(start);
    }
}

/// Takes a turn every minute, until the app is gone.
async fn look_often(ports: Weak<Ports>) {
    let mut pause = FIRST;
    loop {
        sleep(pause).await;
        pause = GAP;
        let Some(ports) = ports.upgrade() else {
            return;
        };
        if let Err(error) = look_in_turn(&ports).await {
            tracing::warn!(target: "threelo", error = %Causes(&error), "unfinished refreshes could not be looked for");
        }
    }
}

/// Looks, unless another instance did a moment ago.
///
/// # Errors
///
/// [`StoreError`]; the next turn looks again.
async fn look_in_turn(ports: &Arc<Ports>) -> Result<(), StoreError> {
    // A little less than the pause, so that an instance that is alone has every turn.
    if ports.grants.take_turn(&ports.app, GAP - GAP / 4).await? {
        finish_all(ports).await?;
    }
    Ok(())
}

/// Finishes every refresh that nobody is at, and returns how many there were. All are begun at once, as far as the turns of
/// refreshes allow, and then waited for, for as long as a request would wait.
///
/// # Errors
///
/// [`StoreError`] if they could not be listed. A grant that cannot be loaded is left to the next turn.
pub(crate) async fn finish_all(ports: &Arc<Ports>) -> Result<u64, StoreError> {
    let mut flights = Vec::new();
    for one in ports.grants.unfinished(&ports.app).await? {
        match begin(ports, &one).await {
            Ok(flight) => flights.extend(flight),
            Err(error) => {
                tracing::warn!(target: "threelo", error = %Causes(&error), "an unfinished refresh could not be taken up");
            }
        }
    }
    let count = flights.len() as u64;
    if count > 0 {
        tracing::info!(target: "threelo", count, "refreshes were taken up that an instance had left unfinished");
    }
    let landed = flights.iter_mut().map(|flight| async move {
        drop(
            flight
                .wait_for(|phase| !matches!(phase, Phase::Working))
                .await,
        );
    });
    drop(tokio::time::timeout(ports.config.refresh_wait, join_all(landed)).await);
    Ok(count)
}

/// Begins to send the token again; `None` if another one is stored by now, or if the grant rests.
async fn begin(
    ports: &Arc<Ports>,
    unfinished: &Unfinished,
) -> Result<Option<watch::Receiver<Phase>>, StoreError> {
    let record = ports.grants.load(&unfinished.key).await?;
    let is_open = |record: &Arc<GrantRecord>| {
        record.generation == unfinished.generation && record.consent_needed.is_none()
    };
    Ok(record
        .filter(is_open)
        .and_then(|record| run::join(ports, &record).ok()))
}
