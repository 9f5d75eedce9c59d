//! Settings, checked once.

mod browser;
mod check;
mod checked;
mod forward;
mod problem;
mod settings;

pub use self::browser::{BrowserOrigin, Browsers, SiteRelation};
pub(crate) use self::check::check;
pub use self::checked::{Config, CookiePolicy, session_key};
pub use self::forward::Forward;
pub use self::problem::{ConfigError, Problem};
pub(crate) use self::settings::Settings;
pub use self::settings::{
    AccessType, Credentials, Lifetimes, LinkPolicy, Mode, Remember, TokenEncoding,
};
