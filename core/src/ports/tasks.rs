//! Work that outlives the request that began it.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::StoreError;

/// Counts the detached tasks, so that a shutdown can wait for them.
#[derive(Debug)]
pub(crate) struct Tasks {
    count: watch::Sender<usize>,
    /// Where they run; the runtime of whoever begins one, unless set.
    runtime: Option<Handle>,
}

impl Tasks {
    pub(crate) fn new(runtime: Option<Handle>) -> Self {
        Self {
            count: watch::Sender::new(0),
            runtime,
        }
    }

    /// Runs `work` whether or not anybody waits for it.
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

    /// Does what a visitor asked for, even if they hang up: whoever signed out does not stay signed in.
    pub(crate) async fn complete<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.spawn(work).await;
        done.unwrap_or_else(|panic_or_shutdown| Err(StoreError::Failed(panic_or_shutdown.into())))
    }

    /// Waits until nothing runs; `false` if `timeout` passed first.
    pub(crate) async fn drain(&self, timeout: Duration) -> bool {
        let mut count = self.count.subscribe();
        let idle = count.wait_for(|count| *count == 0);
        tokio::time::timeout(timeout, idle).await.is_ok()
    }
}

struct Running(watch::Sender<usize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
