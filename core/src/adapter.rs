//! What an adapter for a web framework is made of, and nothing else. Apps need none of it.
//!
//! An adapter lends a [`RequestHead`] to [`Auth::handle`](crate::Auth::handle), obeys the
//! [`Action`], and puts what [`AuthSession::finish`](crate::AuthSession::finish) gives on the app's
//! own reply. It decides nothing: no status, no route and no cookie is named in it
//! (docs/decisions/0001).
//!
//! This module may change with any release: adapters pin the version of this crate exactly.

use std::fmt;
use std::sync::Arc;

pub use crate::auth::{Action, Guard};
pub use crate::message::{
    Audience, BodyError, Field, HeaderPatch, Headers, PeerAddress, Reply, ReplyBody, RequestHead,
    joined_vary,
};
pub use crate::web::Responder;

/// The app's function, shared by all clones.
type Ask<R, A> = dyn Fn(&R) -> A + Send + Sync;

/// The app's function that tells who its user is, in connect mode: from the head `R` of a request
/// to the answer `A`, usually a future.
///
/// Adapters call it at most once for a request, and only where something depends on the answer. The
/// answer must come from the app's own session and from nothing else that a request contains: flows
/// are bound to it (docs/decisions/0032).
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

    /// Asks the app; the result is not kept here.
    pub fn ask(&self, request: &R) -> A {
        (self.0)(request)
    }
}

/// Written out, because `derive` would require `R` and `A` to be `Clone`.
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
