//! Who the app's user is, in connect mode.

use std::future::Future;
use std::pin::Pin;

use actix_web::{HttpMessage, HttpRequest};
use threelo::{AuthSession, BoxError, Subject};

/// What the app says of its user, on the way.
pub(crate) type AskedSubject = Pin<Box<dyn Future<Output = Result<Option<Subject>, BoxError>>>>;

/// The app's word on who its user is.
pub(crate) type Resolver = threelo::adapter::Resolver<HttpRequest, AskedSubject>;

/// Asks the app who its user is, if that matters and is not known.
pub(crate) fn ask(session: &AuthSession, request: &HttpRequest) -> Option<AskedSubject> {
    let resolver = request.extensions().get::<Resolver>()?.clone();
    session.wants_subject().then(|| resolver.ask(request))
}
