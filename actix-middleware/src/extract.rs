use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use threelo::{ApiError, AuthSession, Refusal, Rejection};

use crate::guard::MISSING;
use crate::{connect, convert};

/// Why an extractor turned a request away, or a call to Atlassian failed, with the reply that fits the request.
///
/// What fails in a handler (`?` on a call, on [`sign_out`](threelo::CurrentSession::sign_out)) becomes one of these.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct AuthRejection(#[from] Refusal);

impl AuthRejection {
    /// The reason.
    pub fn rejection(&self) -> &Rejection {
        self.0.rejection()
    }

    /// The address, within the app, where the visitor can mend it: login, picker, step-up.
    pub fn way_on(&self) -> Option<&str> {
        self.0.way_on()
    }
}

impl From<ApiError> for AuthRejection {
    fn from(error: ApiError) -> Self {
        Self(error.into_refusal())
    }
}

impl ResponseError for AuthRejection {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        convert::response(self.0.reply())
    }
}

/// Extractors: a name, what it holds, and how that is taken from the session of the request.
macro_rules! extractors {
    ($($(#[$docs:meta])* $name:ident($held:ty) = |$auth:ident| $take:expr;)+) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $held);

        impl Deref for $name {
            type Target = $held;

            fn deref(&self) -> &$held {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = AuthRejection;
            type Future = Pin<Box<dyn Future<Output = Result<Self, AuthRejection>>>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let $auth = request.extensions().get::<AuthSession>().cloned();
                let subject = $auth.as_ref().and_then(|auth| connect::ask(auth, request));
                Box::pin(async move {
                    let $auth = $auth.ok_or_else(|| Refusal::without_layer(MISSING))?;
                    if let Some(subject) = subject {
                        $auth.know_subject(subject.await);
                    }
                    let taken: Result<$held, Rejection> = async { Ok($take) }.await;
                    Ok(Self(taken.map_err(|rejection| $auth.refuse(rejection))?))
                })
            }
        }
    )+};
}

threelo::__extractors!(extractors);
