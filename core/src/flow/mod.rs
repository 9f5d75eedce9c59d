//! The decisions: login start, callback, sessions, sites. They await ports and call pure pairs.

mod callback;
mod consent;
mod cookie;
mod details;
mod exchange;
mod grant;
mod hooks;
mod login;
mod ports;
mod refresh;
mod session;
mod sites;
mod tasks;

pub use self::details::FlowDetails;
pub use self::hooks::{BoxError, Cancelled, Next, SignIn};
pub use self::login::Login;

pub(crate) use self::callback::{Arrival, Landing, land};
pub(crate) use self::cookie::FlowCookie;
pub(crate) use self::grant::{consent_by, forget};
pub(crate) use self::hooks::Hooks;
pub(crate) use self::login::start;
pub(crate) use self::ports::{Outside, Ports, Stores};
pub(crate) use self::refresh::{Need, fresh, load, usable};
pub(crate) use self::session::{
    current, current_now, end, end_all, end_by_handle, ending, sessions_of,
};
pub(crate) use self::sites::{Choice, choose, grant_of, known_sites, site_for};
