//! What an adapter for a web framework is made of, and nothing else. Apps need none of it.
//!
//! An adapter lends a [`RequestHead`] to [`Auth::handle`](crate::Auth::handle), obeys the [`Action`], and puts what
//! [`AuthSession::finish`](crate::AuthSession::finish) gives on the app's own reply. It decides nothing. This module may
//! change with any release: adapters pin the version of this crate exactly.

use std::fmt;
use std::sync::Arc;

pub use crate::auth::{Action, Guard};
pub use crate::message::{
    Audience, BodyError, Field, HeaderPatch, Headers, Reply, ReplyBody, RequestHead, joined_vary,
};
pub use crate::web::Responder;

type Ask<R, A> = dyn Fn(&R) -> A + Send + Sync;

/// The app's word on who its user is: from the head `R` of a request, the answer `A` on its way.
///
/// ```
/// use threelo::adapter::Resolver;
///
/// let resolver = Resolver::new(|name: &String| name.len());
/// assert_eq!(resolver.ask(&"mia".to_owned()), 3);
/// ```
pub struct Resolver<R, A>(Arc<Ask<R, A>>);

impl<R, A> Resolver<R, A> {
    /// A resolver that calls `ask`.
    pub fn new(ask: impl Fn(&R) -> A + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// Asks the app.
    pub fn ask(&self, request: &R) -> A {
        (self.0)(request)
    }
}

impl<R, A> Clone for Resolver<R, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R, A> fmt::Debug for Resolver<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}
