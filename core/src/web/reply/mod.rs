//! The form of replies: JSON, redirects, addresses, rejections.
//!
//! Every function here takes the audience of the request into account: pages and redirects for
//! navigations, JSON for scripts, `HX-Redirect` for htmx (docs/attacks.md T143). All replies carry
//! `Cache-Control: no-store` and `Vary` (T128 to T131).

pub(crate) mod json;
mod problem;
mod redirect;
mod rejection;
mod urls;

pub(crate) use self::redirect::{ask_first, go, start_login, started, to_button};
pub(crate) use self::rejection::{SOON, recovery_url, reject, seconds};
pub(crate) use self::urls::{Place, waiting_parameters};
