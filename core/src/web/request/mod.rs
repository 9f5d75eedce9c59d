//! What is read of a request.
//!
//! Everything is compared byte by byte: paths are not decoded, cookies and origins have one
//! spelling. What cannot be read counts as absent, never as something close to it.

mod context;
mod credential;
mod extract;
mod other_name;
#[expect(
    clippy::module_inception,
    reason = "the request among what is read of it"
)]
mod request;
mod route;
mod snapshot;

pub(crate) use self::context::Context;
pub(crate) use self::credential::{BEARER, Credential, listed};
pub(crate) use self::extract::{
    clear_flash, flash, form, open_flash, query, return_target, signed_in,
};
pub(crate) use self::other_name::{NAMED, other_name};
pub(crate) use self::request::Request;
pub(crate) use self::route::{Found, Route, find, has_template, meant};
pub(crate) use self::snapshot::RequestSnapshot;
