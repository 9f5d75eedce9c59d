//! The numbers at which new grants start to count (`docs/decisions/0039-grants-count-from-a-unique-number.md`).

use std::time::SystemTime;

use crate::store::Version;

/// The lowest version that a grant created at `now` can start with. Grants of earlier milliseconds start below
/// it, and stay below it: each write adds one, so it would take about a million writes per millisecond to catch
/// up.
///
/// The upper bits are the milliseconds since 1970. The lower 20 bits are zero here; a new grant fills them at
/// random, so that two grants created in the same millisecond start at different numbers too.
pub(crate) fn earliest(now: SystemTime) -> Version {
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    // 43 bits of milliseconds last until 2248, and 63 bits fit into every database.
    (millis & ((1 << 43) - 1)) << 20
}
