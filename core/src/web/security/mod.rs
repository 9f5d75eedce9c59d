//! What a request must prove before a route runs.
//!
//! - `cors` says what pages of listed origins may send and read.
//! - `csrf` decides whether a change or a read comes from the app's own pages.
//! - `cross_site` handles navigations that begin on pages of other sites.
//! - `start` decides which requests may start a login.
//! - `guards` turn these answers into rejections, and refuse wrong methods and prefetches.
//!
//! Nothing here reads a store: what another site is told cannot depend on who is signed in.

pub(crate) mod cors;
pub(crate) mod cross_site;
mod csrf;
mod guards;
pub(crate) mod start;

pub(crate) use self::csrf::{is_foreign_read, may_change};
pub(crate) use self::guards::{
    require_method, require_navigation, require_readable, require_same_origin,
};
