//! Why an extractor turned a request away.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use threelo::{ApiError, Rejection, RejectionResponse};

use crate::convert;

/// Why an extractor turned a request away, or a call to Atlassian failed, with the reply that fits the request.
///
/// Handlers return it as their error: what fails in a handler (`?` on a call to Atlassian, or on
/// [`sign_out`](threelo::UserSession::sign_out)) becomes one.
///
/// ```
/// use threelo_actix::{Atlassian, AuthRejection, CurrentSite};
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

impl ResponseError for AuthRejection {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        convert::whole_response(self.0.reply())
    }
}
