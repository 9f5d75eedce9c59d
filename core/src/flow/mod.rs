//! One trip to Atlassian and back: login, callback, consent, outcome.

mod callback;
mod callback_request;
mod completion;
mod consent;
pub(crate) mod flash;
mod login;
mod outcome;
mod state_cookie;
mod verified;

pub(crate) use self::callback::land;
pub(crate) use self::callback_request::{Arrival, Known};
pub(crate) use self::flash::Notice;
pub use self::login::Login;
pub(crate) use self::login::start;
pub(crate) use self::outcome::{Landing, Stop};
pub(crate) use self::state_cookie::FlowCookie;
