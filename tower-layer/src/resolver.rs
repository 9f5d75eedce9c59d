//! Who the app's user is, in connect mode.

use std::future::Future;
use std::pin::Pin;

use http::request::Parts;
use threelo::{AuthSession, BoxError, Subject};

/// What the app says of its user, on the way.
pub(crate) type AskedSubject =
    Pin<Box<dyn Future<Output = Result<Option<Subject>, BoxError>> + Send>>;

/// The app's word on who its user is.
pub(crate) type Resolver = threelo::adapter::Resolver<Parts, AskedSubject>;

/// Asks the app who its user is, if that matters and is not known.
pub(crate) fn ask(session: &AuthSession, parts: &Parts) -> Option<AskedSubject> {
    let resolver = parts.extensions.get::<Resolver>()?;
    session.wants_subject().then(|| resolver.ask(parts))
}

/// The same, and lets the session know.
#[cfg(feature = "axum")]
pub(crate) async fn resolve(session: &AuthSession, parts: &Parts) {
    if let Some(subject) = ask(session, parts) {
        session.know_subject(subject.await);
    }
}
