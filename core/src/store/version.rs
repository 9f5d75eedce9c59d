//! Where the versions of new grants begin.

use std::time::SystemTime;

use crate::store::Version;

/// The lowest number at which a grant begins that is made now: older grants are below it.
pub(crate) fn earliest(now: SystemTime) -> Version {
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    // 43 bits of milliseconds last until 2248, and 63 bits fit into every database.
    (millis & ((1 << 43) - 1)) << 20
}
