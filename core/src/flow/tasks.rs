//! Work that outlives the request that began it.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Counts the detached tasks, so that a shutdown can wait for them.
#[derive(Debug)]
pub(crate) struct Tasks(watch::Sender<usize>);

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Runs `work` whether or not anybody waits for it.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.send_modify(|count| *count += 1);
        let running = Running(self.0.clone());
        tokio::spawn(async move {
            let _running = running;
            work.await
        })
    }

    /// Waits until nothing runs; `false` if `timeout` passed first.
    pub(crate) async fn drain(&self, timeout: Duration) -> bool {
        let mut count = self.0.subscribe();
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
