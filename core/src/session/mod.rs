//! Sessions: how they begin, are looked up, change, and end.
//!
//! A session is one row, found by a hash over its token, its kind and its app
//! (docs/decisions/0026); the token itself is in the browser only. Every change is a
//! compare-and-set, so that a request in progress never brings back a session that has ended
//! (docs/decisions/0056).

mod begin;
mod cleanup;
mod end;
mod erase;
mod handoff;
mod kind;
mod lookup;
mod profile;
mod update;

pub(crate) use self::begin::{NewSession, SharedSession, StartedSession, begin, share};
pub(crate) use self::cleanup::clean_up;
pub(crate) use self::end::{account_ended, end, end_all, end_by_handle, ending};
pub use self::erase::Erased;
pub(crate) use self::erase::erase;
pub(crate) use self::handoff::{Handoff, redeem, with_ticket};
pub(crate) use self::kind::{SessionKind, partitioned_cookie_name};
pub(crate) use self::lookup::{current, current_now, sessions_of};
pub(crate) use self::update::{Updated, update};
