//! Starting a login from a handler.

use actix_web::body::BoxBody;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use threelo::{AccountId, AuthSession, LoginRequest, RejectionResponse};

use crate::convert;
use crate::guard::MISSING;

/// Starts a login from any handler: return it, and the visitor goes to Atlassian and comes back.
///
/// What it becomes depends on the request: a redirect for navigations, `HX-Redirect` for htmx, and for a script that
/// changes something 200 with the address as JSON. In sign-in mode prefetches, frames, images,
/// `HEAD` and foreign forms start nothing, and a visitor whom another site sent without a click is asked first. In connect
/// mode only a change (such as a `POST`) from a page of this app starts a flow, from a handler that asked for
/// `Connections`; any other request gets the page with the button. Without [`AuthMiddleware`](crate::AuthMiddleware) around the app it is 500, with
/// the missing line.
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
pub struct Login(LoginRequest);

impl Login {
    /// A login that returns to the default place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to return. A target that is not a place of this app becomes the default target.
    pub fn return_to(self, place: impl Into<String>) -> Self {
        Self(self.0.return_to(place))
    }

    /// What the hooks get back, about 1.2 KB of JSON at most. It travels sealed: the visitor can neither read nor change it.
    /// More than fits is a 500 that says so.
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

    /// The only account that may come back. If the visitor chooses another one at Atlassian, nothing changes and a page says
    /// so.
    pub fn account(self, account: &AccountId) -> Self {
        Self(self.0.account(account))
    }

    /// Lets the session live for longer, as `AuthBuilder::remember` has it; without that it changes nothing.
    pub fn remember(self, remember: bool) -> Self {
        Self(self.0.remember(remember))
    }
}

impl From<LoginRequest> for Login {
    fn from(request: LoginRequest) -> Self {
        Self(request)
    }
}

impl Responder for Login {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let reply = match request.extensions().get::<AuthSession>() {
            Some(session) => session.start_login(&self.0),
            None => RejectionResponse::without_layer(MISSING).into_reply(),
        };
        convert::response(reply)
    }
}
