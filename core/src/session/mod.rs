//! Sessions: begin, look up, end; and what keeps and ends them.

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
