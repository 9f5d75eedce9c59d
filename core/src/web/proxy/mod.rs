//! Replies of Atlassian on their way back to a browser.

pub(crate) mod body;
mod idle_timeout;
