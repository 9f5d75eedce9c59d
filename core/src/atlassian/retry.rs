//! Whether a call that Atlassian does not take now is made again later.

use std::time::Duration;

use http::Method;

use crate::error::ApiErrorKind;

/// How long calls may wait when Atlassian asks for fewer of them, or is not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    longest: Duration,
}

/// How far the repetition of a call is.
#[derive(Clone, Copy)]
pub(crate) struct RetryProgress {
    /// Calls made so far, less one.
    pub tries: u32,
    /// The pauses so far, together.
    pub waited: Duration,
    /// 0 to 255, drawn at random.
    pub chance: u8,
}

impl RetryPolicy {
    /// No waiting: the error comes at once.
    pub fn none() -> Self {
        Self {
            longest: Duration::ZERO,
        }
    }

    /// Waits as long as `Retry-After` says, or 1, 2, 4 ... seconds, a little more each time so that many callers do not
    /// come back together; no call waits longer than `longest` in all. A `GET` is also repeated when Atlassian is not
    /// available; a change is repeated only when it was turned away by the rate limit.
    pub fn up_to(longest: Duration) -> Self {
        Self { longest }
    }

    /// How long to wait before the call is made again, or that it is not.
    pub(crate) fn pause(
        self,
        kind: &ApiErrorKind,
        method: &Method,
        progress: RetryProgress,
    ) -> Option<Duration> {
        let told = match kind {
            ApiErrorKind::RateLimited { retry_after, .. } => *retry_after,
            ApiErrorKind::Unavailable { retry_after } if *method == Method::GET => *retry_after,
            _ => return None,
        };
        let least = told.unwrap_or_else(|| Duration::from_secs(1 << progress.tries.min(6)));
        let chance = u32::from(progress.chance);
        let pause = least + least.min(Duration::from_secs(10)) * chance / (4 * 255);
        (progress.waited + pause <= self.longest).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(tries: u32, waited: u64, chance: u8) -> RetryProgress {
        RetryProgress {
            tries,
            waited: Duration::from_secs(waited),
            chance,
        }
    }

    const LIMITED: ApiErrorKind = ApiErrorKind::RateLimited {
        retry_after: Some(Duration::from_secs(8)),
        reason: None,
    };
    const DOWN: ApiErrorKind = ApiErrorKind::Unavailable { retry_after: None };

    #[test]
    fn a_wait_is_what_atlassian_says_and_up_to_a_quarter_more() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(60));

        let pause = |chance| waiting.pause(&LIMITED, &Method::POST, progress(0, 0, chance));

        assert_eq!(pause(0), Some(Duration::from_secs(8)));
        assert_eq!(pause(255), Some(Duration::from_secs(10)));
    }

    #[test]
    fn waiting_ends_at_its_cap() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(10));

        assert!(
            waiting
                .pause(&LIMITED, &Method::GET, progress(1, 3, 0))
                .is_none()
        );
        assert!(
            RetryPolicy::none()
                .pause(&LIMITED, &Method::GET, progress(0, 0, 0))
                .is_none()
        );
    }

    #[test]
    fn a_change_is_not_repeated_after_an_outage() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(60));

        assert!(
            waiting
                .pause(&DOWN, &Method::POST, progress(0, 0, 0))
                .is_none()
        );
        assert_eq!(
            waiting.pause(&DOWN, &Method::GET, progress(2, 0, 0)),
            Some(Duration::from_secs(4))
        );
    }
}
