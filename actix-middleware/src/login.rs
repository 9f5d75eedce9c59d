use actix_web::body::BoxBody;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder};
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

threelo::__login_methods!(Login);

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
