//! Times as Jira writes and reads them, always in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time as in `2026-01-31T12:42:30.000+0000`; the milliseconds are always zero. Earlier times are
/// shown as the beginning of 1970.
pub(crate) fn jira_time(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, date) = civil(day);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.000+0000")
}

/// The beginning of the day that the text starts with, as in `2026-01-31`; `None` if it is not a
/// day from 1970 to the middle of 2079.
pub(crate) fn midnight(text: &str) -> Option<SystemTime> {
    let wanted = text.get(..10)?;
    // There are few enough days to search them all.
    let day = (0..40_000).find(|day| {
        let (year, month, date) = civil(*day);
        format!("{year:04}-{month:02}-{date:02}") == wanted
    })?;
    Some(UNIX_EPOCH + Duration::from_secs(day * 86_400))
}

/// Year, month and day of a day since 1970, in the Gregorian calendar; month and day count from 1.
fn civil(day: u64) -> (u64, u64, u64) {
    let mut left = day;
    let mut year = 1970;
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while left >= 365 + u64::from(is_leap(year)) {
        left -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_format_of_jira() {
        let at = UNIX_EPOCH + Duration::from_secs(1_709_208_030);

        assert_eq!(jira_time(at), "2024-02-29T12:00:30.000+0000");
        assert_eq!(
            midnight("2024-02-29"),
            Some(UNIX_EPOCH + Duration::from_secs(1_709_164_800))
        );
        assert_eq!(midnight("soon"), None);
    }
}
