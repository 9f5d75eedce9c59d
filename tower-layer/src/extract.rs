use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use threelo::{AuthSession, Refusal, Rejection};

use crate::connect;
use crate::guard::MISSING;

threelo::__rejection!(AuthRejection);

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        self.0.into_reply().into_response()
    }
}

/// How an extractor takes what it holds from the session of the request.
macro_rules! extractor {
    ($name:ident($held:ty) = |$auth:ident| $take:expr) => {
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = AuthRejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
                let $auth = parts.extensions.get::<AuthSession>();
                let $auth = $auth.ok_or_else(|| Refusal::without_layer(MISSING))?;
                connect::resolve($auth, parts).await;
                let taken: Result<$held, Rejection> = async { Ok($take) }.await;
                Ok(Self(taken.map_err(|rejection| $auth.refuse(rejection))?))
            }
        }
    };
}

threelo::__extractors!(extractor);

/// `None` for strangers; a store that is down is still a 503.
impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, AuthRejection> {
        Ok(MaybeUser::from_request_parts(parts, state).await?.0)
    }
}
