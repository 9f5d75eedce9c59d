//! The routes under the prefix: what a request must prove, what each route does, and how it
//! answers.
//!
//! - `request` reads a request: which route it names, who waits for the answer, which session it
//!   shows.
//! - `security` decides what it may do: CORS, proof of the same origin, navigations from other
//!   sites.
//! - `routes` has one function per route.
//! - `reply` gives results and rejections the form that the request needs.
//! - `proxy` streams the answers of forwarded calls.
//!
//! The entry points are [`find`], which decides whether a path is threelo's, and [`Responder`],
//! which adapters take through one request. For requests that go to the app, [`RequestSnapshot`]
//! keeps what a later rejection or redirect needs.

mod proxy;
mod reply;
mod request;
mod responder;
mod routes;
mod security;
mod state;
mod visitor;

pub use self::responder::Responder;

pub(crate) use self::reply::{ask_first, go, start_login, to_button};
pub(crate) use self::request::Context;
pub(crate) use self::request::Credential;
pub(crate) use self::request::NAMED;
pub(crate) use self::request::RequestSnapshot;
pub(crate) use self::request::{Found, find};
pub(crate) use self::security::may_change;
pub(crate) use self::security::start::Start;
pub(crate) use self::state::Web;
pub(crate) use self::visitor::Visitor;
