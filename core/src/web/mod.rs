//! The routes under the prefix, the form of every reply, and the proof that a request must bring.

mod proxy;
mod reply;
mod request;
mod responder;
mod routes;
mod security;
mod state;
mod visitor;

pub use self::responder::Responder;

pub(crate) use self::reply::{start_login, to_button};
pub(crate) use self::request::Context;
pub(crate) use self::request::Credential;
pub(crate) use self::request::RequestSnapshot;
pub(crate) use self::request::{Found, find};
pub(crate) use self::security::may_change;
pub(crate) use self::state::Web;
pub(crate) use self::visitor::Visitor;
