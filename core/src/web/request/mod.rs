//! What is read of a request.

pub(crate) mod context;
pub(crate) mod credential;
pub(crate) mod extract;
pub(crate) mod request;
pub(crate) mod route;
pub(crate) mod snapshot;
