//! The two kinds of builders.

use crate::config::LinkPolicy;

/// The builder's kind for an app that signs people in.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInMode(());

/// The builder's kind for an app that has users of its own.
#[derive(Clone, Debug, Default)]
pub struct ConnectMode {
    pub(super) links: LinkPolicy,
    pub(super) login: Option<String>,
}
