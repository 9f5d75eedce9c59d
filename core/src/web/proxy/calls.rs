//! How many forwarded calls one account may have at a time, so that it cannot take all the memory and all the connections
//! of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Rejection;

/// Forwarded calls of one account at a time, with their bodies of up to 1 MiB and their answers that stream. More than a
/// page has in flight: browsers send six requests to a host, or a hundred over HTTP/2.
const MOST: u32 = 100;

/// The calls in flight, by account, or by the app's user in connect mode.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<HashMap<String, u32>>>);

impl Calls {
    /// Notes a call, until what is returned is dropped.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyCalls`]: 429.
    pub(crate) fn begin(&self, whose: &str) -> Result<Arc<CallInFlight>, Rejection> {
        let mut calls = self.lock();
        let count = calls.entry(whose.to_owned()).or_default();
        if *count >= MOST {
            return Err(Rejection::TooManyCalls);
        }
        *count += 1;
        Ok(Arc::new(CallInFlight {
            calls: self.clone(),
            whose: whose.to_owned(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in flight; the last one of an account takes its name along.
#[derive(Debug)]
pub(crate) struct CallInFlight {
    calls: Calls,
    whose: String,
}

impl Drop for CallInFlight {
    fn drop(&mut self) {
        let mut calls = self.calls.lock();
        if let Some(count) = calls.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                calls.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_so_many_calls_at_a_time_and_leaves_nothing_behind() {
        let calls = Calls::default();
        let mut mias: Vec<_> = (0..MOST).map(|_| calls.begin("mia").unwrap()).collect();
        assert!(calls.begin("mia").is_err());
        let edwards = calls.begin("edward").unwrap();

        mias.pop();

        assert!(calls.begin("mia").is_ok());
        drop((mias, edwards));
        assert!(calls.lock().is_empty());
    }
}
