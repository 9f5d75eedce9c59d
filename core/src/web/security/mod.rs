//! What a request must prove before a route runs.

pub(crate) mod cors;
pub(crate) mod cross_site;
mod csrf;
mod guards;

pub(crate) use self::csrf::{is_foreign_read, may_change};
pub(crate) use self::guards::{
    require_method, require_navigation, require_readable, require_same_origin,
};
