//! The authorization server: `/authorize` with its pages, `/oauth/token` and `/oauth/revoke`.
//!
//! Requests are checked as Atlassian checks them, and refused with its error texts.

pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod pages;
pub(crate) mod token;
