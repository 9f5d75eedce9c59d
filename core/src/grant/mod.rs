//! Grants in the store: which there are, what a consent does to them, and which users of the app they are
//! linked to.
//!
//! Nothing here sends a refresh token; that is `refresh`. What is written here is a compare-and-set on the
//! version that was read, so a consent, a refresh and a disconnect that happen concurrently never undo each
//! other.

mod consent;
mod consent_end;
mod link;
mod linking;
mod merge;
mod records;
mod set;
mod site_list;

pub(crate) use self::consent::{Consent, is_taken, renew, store};
pub(crate) use self::consent_end::consent_by;
pub(crate) use self::linking::{choose_site, disconnect, of_subject, revoke};
pub(crate) use self::records::{change, load};
pub(crate) use self::set::{GrantSet, Holder, key_for};
pub(crate) use self::site_list::{OLD, is_older, keep, read_if_old};

use std::time::Duration;

/// How long tokens that cannot be stored are held in memory and tried again. Their predecessor in the store is
/// dead after Atlassian's ten minutes (`docs/protocol.md`, section 3.3), so giving up earlier would lose the
/// grant.
pub(crate) const HOLD: Duration = Duration::from_secs(3600);
