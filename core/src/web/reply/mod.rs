//! The form of replies: JSON, redirects, addresses, rejections.

pub(crate) mod json;
mod redirect;
mod rejection;
mod urls;

pub(crate) use self::redirect::{go, start_login, started, to_button};
pub(crate) use self::rejection::{SOON, recovery_url, reject};
pub(crate) use self::urls::{Place, waiting_parameters};
