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

pub(crate) use self::callback::handle_callback;
pub(crate) use self::callback_request::{CallbackRequest, ResolvedSubject};
pub(crate) use self::flash::Flash;
pub use self::login::LoginRequest;
pub(crate) use self::login::start;
pub(crate) use self::outcome::{Destination, Interstitial};
pub(crate) use self::state_cookie::FlowCookie;
