//! The two kinds of builders.

use crate::config::LinkPolicy;

/// The builder's kind for an app that signs people in; see [`AuthBuilder`](crate::AuthBuilder).
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInMode(());

/// The builder's kind for an app that has users of its own; see
/// [`ConnectBuilder`](crate::ConnectBuilder).
#[derive(Clone, Debug, Default)]
pub struct ConnectMode {
    /// Whether two users of the app may have one account.
    pub(super) links: LinkPolicy,
}
