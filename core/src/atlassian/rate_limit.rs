//! `X-RateLimit-Reset`: an ISO 8601 time in UTC. In an incident of 2026 it was the only field that said how
//! long to wait (`docs/protocol.md`, section 6.4).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use crate::message::LONGEST_RETRY_AFTER;

/// How long until the limit is lifted, by this instance's clock: between a second and 24 hours.
/// `None` if the field is missing or cannot be read.
pub(crate) fn until_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get("x-ratelimit-reset")?.to_str().ok()?;
    let reset = UNIX_EPOCH.checked_add(Duration::from_secs(seconds(text.trim())?))?;
    let wait = reset.duration_since(now).unwrap_or_default();
    Some(wait.clamp(Duration::from_secs(1), LONGEST_RETRY_AFTER))
}

/// `2026-01-31T12:42Z`, `2026-01-31T12:42:30Z` or `2026-01-31T12:42:30.123+00:00` as seconds since 1970. Other
/// offsets than UTC are not read.
fn seconds(text: &str) -> Option<u64> {
    let text = text
        .strip_suffix('Z')
        .or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let time = time.split('.').next()?;
    let whole = if time.matches(':').count() == 1 {
        format!("{time}:00")
    } else {
        time.to_owned()
    };
    let [hour, minute, second] = numbers(&whole, ':')?;
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    fits.then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Three numbers between separators, no more and no fewer.
fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Days since 1970 in the Gregorian calendar. The year is shifted to begin in March, so that the leap day is
/// its last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_years = year * 365 + year / 4 - year / 100 + year / 400;
    let of_months = (153 * month + 2) / 5;
    of_years + of_months + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_times_are_read() {
        assert_eq!(seconds("1970-01-01T00:00Z"), Some(0));
        assert_eq!(seconds("2027-01-15T08:00:00Z"), Some(1_800_000_000));
        assert_eq!(
            seconds("2024-02-29T12:00:30.123+00:00"),
            Some(1_709_208_030)
        );
        for wrong in [
            "",
            "soon",
            "2027-13-01T00:00Z",
            "2027-01-15 08:00:00Z",
            "1-1-1T1:1Z",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
