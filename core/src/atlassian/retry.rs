//! Whether a call that Atlassian does not take now is made again later.

use std::time::Duration;

use http::Method;

use crate::error::ApiErrorKind;

/// How long calls may wait when Atlassian asks for fewer of them, or is not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    longest: Duration,
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

    /// How long to wait before the call is made again, or that it is not. `chance` is 0 to 255.
    pub(crate) fn pause(
        self,
        kind: &ApiErrorKind,
        method: &Method,
        (tries, waited, chance): (u32, Duration, u8),
    ) -> Option<Duration> {
        let told = match kind {
            ApiErrorKind::RateLimited { retry_after, .. } => *retry_after,
            ApiErrorKind::Unavailable { retry_after } if *method == Method::GET => *retry_after,
            _ => return None,
        };
        let least = told.unwrap_or_else(|| Duration::from_secs(1 << tries.min(6)));
        let pause = least + least.min(Duration::from_secs(10)) * u32::from(chance) / (4 * 255);
        (waited + pause <= self.longest).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITED: ApiErrorKind = ApiErrorKind::RateLimited {
        retry_after: Some(Duration::from_secs(8)),
        reason: None,
    };
    const DOWN: ApiErrorKind = ApiErrorKind::Unavailable { retry_after: None };

    #[test]
    fn a_wait_is_what_atlassian_says_and_up_to_a_quarter_more() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(60));

        let pause = |chance| waiting.pause(&LIMITED, &Method::POST, (0, Duration::ZERO, chance));

        assert_eq!(pause(0), Some(Duration::from_secs(8)));
        assert_eq!(pause(255), Some(Duration::from_secs(10)));
    }

    #[test]
    fn waiting_ends_at_its_cap() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(10));

        assert!(
            waiting
                .pause(&LIMITED, &Method::GET, (1, Duration::from_secs(3), 0))
                .is_none()
        );
        assert!(
            RetryPolicy::none()
                .pause(&LIMITED, &Method::GET, (0, Duration::ZERO, 0))
                .is_none()
        );
    }

    #[test]
    fn a_change_is_not_repeated_after_an_outage() {
        let waiting = RetryPolicy::up_to(Duration::from_secs(60));

        assert!(
            waiting
                .pause(&DOWN, &Method::POST, (0, Duration::ZERO, 0))
                .is_none()
        );
        assert_eq!(
            waiting.pause(&DOWN, &Method::GET, (2, Duration::ZERO, 0)),
            Some(Duration::from_secs(4))
        );
    }
}
