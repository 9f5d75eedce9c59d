//! Grants in the store: which there are, what a consent does to them, and who they are linked to.

mod consent;
mod link;
mod linking;
mod merge;
mod records;
mod set;
mod site_list;

pub(crate) use self::consent::{Consent, consent_by, is_taken, renew, store};
pub(crate) use self::linking::{choose_site, disconnect, of_subject, revoke};
pub(crate) use self::records::{change, load};
pub(crate) use self::set::{GrantSet, Holder, key_for};
pub(crate) use self::site_list::{OLD, is_older, keep, read_if_old};

use std::time::Duration;

/// A pair that cannot be stored is held this long.
pub(crate) const HOLD: Duration = Duration::from_secs(3600);
