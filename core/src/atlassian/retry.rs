//! Whether a call that Atlassian does not accept now is made again later.

use std::time::Duration;

use crate::error::ApiErrorKind;

/// How long calls may wait when Atlassian asks for fewer of them, or is not available.
///
/// ```
/// use std::time::Duration;
///
/// use threelo::atlassian::RetryPolicy;
///
/// let for_a_visitor = RetryPolicy::none();
/// let for_a_job = RetryPolicy::up_to(Duration::from_secs(5 * 60));
///
/// assert_ne!(for_a_visitor, for_a_job);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pauses of one call, together.
    longest: Duration,
}

/// How far the repetition of a call is.
#[derive(Clone, Copy)]
pub(crate) struct RetryProgress {
    /// The pauses that were made so far.
    pub tries: u32,
    /// The length of these pauses together; the time of the calls themselves does not count.
    pub waited: Duration,
    /// 0 to 255, drawn at random for each pause.
    pub chance: u8,
}

impl RetryPolicy {
    /// No waiting: the error is returned immediately.
    pub fn none() -> Self {
        Self {
            longest: Duration::ZERO,
        }
    }

    /// Waits as long as `Retry-After` or `X-RateLimit-Reset` says, otherwise 1, 2, 4 ... 64 seconds, and up to
    /// a quarter more (2.5 seconds at most), so that many callers do not come back together. The pauses of one
    /// call are not longer than `longest` together: a pause that would exceed it is not made, and the error is
    /// returned.
    ///
    /// A call is also repeated when Atlassian is not available, a change only if it was certainly not carried out
    /// ([`ApiErrorKind::Unavailable`]), never if that is unknown ([`ApiErrorKind::OutcomeUnknown`]). A spent hourly quota can ask
    /// for a wait of up to an hour (`docs/protocol.md`, section 6.4); if that is longer than `longest`, the error comes
    /// immediately and says so ([`ApiErrorKind::retry_after`]).
    pub fn up_to(longest: Duration) -> Self {
        Self { longest }
    }

    /// How long to wait before the call is made again; `None` if it is not.
    pub(crate) fn pause(self, kind: &ApiErrorKind, progress: RetryProgress) -> Option<Duration> {
        let told = match kind {
            ApiErrorKind::RateLimited { retry_after, .. } => *retry_after,
            ApiErrorKind::Unavailable { retry_after } => *retry_after,
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

        let pause = |chance| waiting.pause(&LIMITED, progress(0, 0, chance));

        assert_eq!(pause(0), Some(Duration::from_secs(8)));
        assert_eq!(pause(255), Some(Duration::from_secs(10)));
    }

    #[test]
    fn waiting_ends_at_its_cap() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(10));

        assert!(waiting.pause(&LIMITED, progress(1, 3, 0)).is_none());
        assert!(
            RetryPolicy::none()
                .pause(&LIMITED, progress(0, 0, 0))
                .is_none()
        );
    }

    #[test]
    fn what_may_have_been_done_is_not_repeated() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(60));
        const UNKNOWN: ApiErrorKind = ApiErrorKind::OutcomeUnknown;

        assert!(waiting.pause(&UNKNOWN, progress(0, 0, 0)).is_none());
        assert_eq!(
            waiting.pause(&DOWN, progress(2, 0, 0)),
            Some(Duration::from_secs(4))
        );
    }
}
