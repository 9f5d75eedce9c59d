//! The authorization server: `/authorize` with its pages, `/oauth/token` and `/oauth/revoke`.

pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod pages;
pub(crate) mod token;
