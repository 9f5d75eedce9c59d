//! The settings of an app: what the builder was given, the checks, and the checked configuration.
//!
//! [`Settings`] are unchecked; [`check`] turns them into a [`Config`] or names everything that is wrong with them. Code
//! above this module sees the `Config` only, and checks no setting again (docs/attacks.md T216).

mod browser;
mod check;
mod checked;
mod forward;
mod handoff_pages;
mod mistakes;
mod problem;
mod settings;

pub use self::browser::{BrowserOrigin, Browsers, SiteRelation};
pub(crate) use self::check::check;
pub use self::checked::{Config, CookiePolicy, session_key};
pub use self::forward::Forward;
pub use self::problem::{ConfigError, Problem};
pub use self::settings::{
    AccessType, Credentials, Lifetimes, LinkPolicy, Mode, Remember, TokenEncoding,
};
pub(crate) use self::settings::{Settings, Variable};
