//! One trip to Atlassian and back: login, callback, consent, completion.
//!
//! 1. `login` draws a state and a PKCE verifier, seals the flow into a cookie of the browser
//!    (`state_cookie`) and builds the authorization URL. The store is not touched.
//! 2. `callback` proves that the arriving browser, and in connect mode the arriving user, started
//!    the flow (`verified`), spends the state, and only then exchanges the code.
//! 3. `consent` runs in a task of its own from the exchange to the stored grant, so that a visitor
//!    who hangs up loses nothing.
//! 4. `completion` begins the session and decides where the browser goes (`outcome`); what the next
//!    page says travels in a `flash`.

mod callback;
mod callback_request;
mod completion;
mod consent;
mod exchange;
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
pub(crate) use self::outcome::{Busy, Destination, Interstitial};
pub(crate) use self::state_cookie::{FlowCookie, is_name as is_flow_name};
