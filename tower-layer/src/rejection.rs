//! Why an extractor turned a request away.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use threelo::adapter::ReplyBody;
use threelo::{ApiError, Rejection, RejectionResponse};

/// Why an extractor turned a request away, or a call to Atlassian failed, with the reply that fits the request.
///
/// Handlers return it as their error: what fails in a handler (`?` on a call to Atlassian, or on
/// [`sign_out`](threelo::UserSession::sign_out)) becomes one.
///
/// ```
/// use threelo_tower::{Atlassian, AuthRejection, CurrentSite};
///
/// async fn projects(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
///     let found: serde_json::Value = atlassian.jira(&site).get("/rest/api/3/project/search").json().await?;
///     Ok(found["total"].to_string())
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct AuthRejection(#[from] RejectionResponse);

impl AuthRejection {
    /// The reason, with its status and its stable [`code`](Rejection::code).
    pub fn rejection(&self) -> &Rejection {
        self.0.rejection()
    }

    /// The address within the app where the visitor can resolve the problem and is then sent back: the login, the picker, the
    /// step-up for a missing scope. `None` if nothing of that kind helps.
    pub fn recovery_url(&self) -> Option<&str> {
        self.0.recovery_url()
    }
}

impl From<ApiError> for AuthRejection {
    fn from(error: ApiError) -> Self {
        Self(error.into_rejection_response())
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        let response = self.0.into_reply().into_response::<ReplyBody>();
        response.map(|body| match body.whole().cloned() {
            Some(whole) => Body::from(whole),
            None => Body::new(body),
        })
    }
}
