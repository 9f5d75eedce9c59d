use actix_web::body::BoxBody;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use threelo::{AuthSession, Refusal};

use crate::convert;
use crate::guard::MISSING;

/// Starts a login from any handler: return it, and the visitor goes to Atlassian and comes back.
///
/// ```
/// use threelo_actix::Login;
///
/// async fn report() -> Login {
///     Login::new().return_to("/report").details(&"week 47")
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Login(threelo::Login);

impl Login {
    /// A login that returns to the default place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to return; what is not a place of this app becomes the default target.
    pub fn return_to(self, place: impl Into<String>) -> Self {
        Self(self.0.return_to(place))
    }

    /// What the hooks get back, about 1.2 KB of JSON at most; more is a 500 that says so.
    pub fn details(self, details: &impl Serialize) -> Self {
        Self(self.0.details(details))
    }

    /// Scopes to ask for besides the configured ones.
    pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        Self(self.0.scopes(scopes))
    }

    /// The site that the visitor wishes to add: its address, host or cloud id.
    pub fn site(self, site: impl Into<String>) -> Self {
        Self(self.0.site(site))
    }
}

impl Responder for Login {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let reply = match request.extensions().get::<AuthSession>() {
            Some(session) => session.start_login(&self.0),
            None => Refusal::without_layer(MISSING).into_reply(),
        };
        convert::response(&reply)
    }
}
