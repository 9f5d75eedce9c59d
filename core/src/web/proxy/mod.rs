//! The answers of forwarded calls on their way back to a browser, with bounded memory
//! (docs/decisions/0069).

pub(crate) mod body;
pub(crate) mod calls;
mod idle_timeout;
