//! Work that outlives the request that began it (docs/decisions/0009).
//!
//! Frameworks drop the future of a request when its visitor hangs up. What must not be lost runs in
//! a task of its own; the request waits for it as long as it is there.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::StoreError;

/// Starts detached tasks and counts them, so that a shutdown can wait for them.
#[derive(Debug)]
pub(crate) struct Tasks {
    /// How many are running.
    count: watch::Sender<usize>,
    /// Where they run; the runtime of the request that begins one, unless set.
    runtime: Option<Handle>,
}

impl Tasks {
    /// Nothing running yet.
    pub(crate) fn new(runtime: Option<Handle>) -> Self {
        Self {
            count: watch::Sender::new(0),
            runtime,
        }
    }

    /// Runs `work` to its end, whether or not its result is awaited. Only the end of the runtime
    /// stops it. Dropping the handle does not; a panic is the handle's error and ends no other
    /// work.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.count.send_modify(|count| *count += 1);
        let running = Running(self.count.clone());
        let work = async move {
            let _running = running;
            work.await
        };
        match &self.runtime {
            Some(runtime) => runtime.spawn(work),
            None => tokio::spawn(work),
        }
    }

    /// Runs `work` without counting it: nobody waits for it at a shutdown. `None` if there is no runtime yet.
    pub(crate) fn spawn_uncounted(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Option<JoinHandle<()>> {
        let runtime = self
            .runtime
            .clone()
            .or_else(|| Handle::try_current().ok())?;
        Some(runtime.spawn(work))
    }

    /// Does what a visitor asked for, even if they hang up: a sign-out that was requested happens.
    ///
    /// # Errors
    ///
    /// That of `work`; [`StoreError::Failed`] if it panicked or its runtime ended, because then it
    /// is unknown how much was done.
    pub(crate) async fn complete<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.spawn(work).await;
        done.unwrap_or_else(|panic_or_shutdown| Err(StoreError::Failed(panic_or_shutdown.into())))
    }

    /// Waits until nothing is running; `false` if `timeout` passed first. Work that begins
    /// meanwhile is waited for, too.
    pub(crate) async fn drain(&self, timeout: Duration) -> bool {
        let mut count = self.count.subscribe();
        let idle = count.wait_for(|count| *count == 0);
        tokio::time::timeout(timeout, idle).await.is_ok()
    }
}

/// Counts one task; dropping it, also by a panic, ends the count.
struct Running(watch::Sender<usize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
