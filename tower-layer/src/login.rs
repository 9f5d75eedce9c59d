use axum_core::response::{IntoResponse, Response};
use http::StatusCode;

use crate::guard::MISSING;

/// Starts a login from any handler: return it, and the visitor goes to Atlassian and comes back.
///
/// ```
/// use threelo_tower::Login;
///
/// async fn report() -> Login {
///     Login::new().return_to("/report").details(&"week 47")
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Login(threelo::Login);

threelo::__login_methods!(Login);

impl IntoResponse for Login {
    fn into_response(self) -> Response {
        // What a visitor sees if no layer takes the login up.
        let mut response = (StatusCode::INTERNAL_SERVER_ERROR, MISSING).into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}
