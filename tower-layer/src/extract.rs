use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
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

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        convert::response(self.0.into_reply())
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
    )+};
}

threelo::__extractors!(extractors);

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
