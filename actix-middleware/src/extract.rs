use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use threelo::{AuthSession, Refusal, Rejection};

use crate::guard::MISSING;
use crate::{connect, convert};

threelo::__rejection!(AuthRejection);

impl ResponseError for AuthRejection {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        convert::response(self.0.reply())
    }
}

/// How an extractor takes what it holds from the session of the request.
macro_rules! extractor {
    ($name:ident($held:ty) = |$auth:ident| $take:expr) => {
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
    };
}

threelo::__extractors!(extractor);
