//! The decisions: login start, callback, sessions, sites. They await ports and call pure pairs.

mod arrival;
mod callback;
mod consent;
mod cookie;
mod details;
mod ending;
mod erase;
mod exchange;
mod grant;
mod handover;
mod hooks;
mod joined;
mod landing;
mod links;
mod login;
mod looks;
mod notice;
mod ports;
mod profile;
mod reach;
mod refresh;
mod session;
mod sites;
mod skew;
mod tasks;
mod tidy;

pub use self::details::FlowDetails;
pub use self::erase::Erased;
pub use self::hooks::{BoxError, Cancelled, Connected, Next, SignIn};
pub use self::login::Login;

pub(crate) use self::arrival::{Arrival, Known};
pub(crate) use self::callback::land;
pub(crate) use self::cookie::FlowCookie;
pub(crate) use self::erase::erase;
pub(crate) use self::grant::consent_by;
pub(crate) use self::handover::{Handover, redeem, with_ticket};
pub(crate) use self::hooks::Hooks;
pub(crate) use self::landing::{Landing, Stop};
pub(crate) use self::links::{disconnect, of_subject};
pub(crate) use self::login::start;
pub(crate) use self::notice::{
    Notice, carry as carry_notice, read as read_notice, removal as notice_removal,
};
pub(crate) use self::ports::{Outside, Ports, Stores};
pub(crate) use self::reach::{Holder, Reach, key_for};
pub(crate) use self::refresh::{Need, fresh, lasting, load, usable};
pub(crate) use self::session::{
    Share, current, current_now, end, end_all, end_by_handle, ending, sessions_of, share,
};
pub(crate) use self::sites::{
    Choice, choose, choose_linked, is_gone, read_again, remembered, shown_sites, site_for, sites_of,
};
