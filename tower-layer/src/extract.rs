use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use threelo::{ApiError, AuthSession, Refusal, Rejection};

use crate::convert;
use crate::guard::MISSING;

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
                let taken: Result<$held, Rejection> = async { Ok($take) }.await;
                Ok(Self(taken.map_err(|rejection| $auth.refuse(rejection))?))
            }
        }
    )+};
}

extractors! {
    /// Whoever is signed in. Strangers are turned away: navigations to the login, scripts with 401.
    CurrentUser(threelo::CurrentUser) = |auth| auth.require_user().await?;

    /// Whoever is signed in, or nobody: an `Option` by [`Deref`]. When nobody can tell, it is a 503, never "nobody".
    MaybeUser(Option<CurrentUser>) = |auth| auth.user().await?.map(CurrentUser);

    /// The profile of whoever is signed in, as the User Identity API gave it at the login.
    Profile(Arc<threelo::Profile>) = |auth| Arc::clone(auth.require_user().await?.profile());

    /// The site of this request: the one it names (`X-Threelo-Site`, `?site=`), else the session's
    /// choice, else the only one. Visitors with several choose one first and come back.
    CurrentSite(threelo::Site) = |auth| auth.site().await?;

    /// The session of whoever is signed in, to look at and to end. It holds no data of the app.
    CurrentSession(threelo::CurrentSession) = |auth| auth.current_session().await?;

    /// Atlassian's APIs on behalf of whoever is signed in, with a token that works. Strangers are turned away as by
    /// [`CurrentUser`]; who must consent again goes to Atlassian and comes back.
    Atlassian(threelo::Atlassian) = |auth| auth.atlassian().await?;
}

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
