//! The form of replies: JSON, redirects, addresses, rejections.

pub(crate) mod json;
pub(crate) mod redirect;
pub(crate) mod rejection;
pub(crate) mod urls;
