//! What a request must prove before a route runs.

pub(crate) mod cors;
pub(crate) mod cross_site;
pub(crate) mod csrf;
pub(crate) mod guards;
