use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
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
                Box::pin(async move {
                    let $auth = $auth.ok_or_else(|| Refusal::without_layer(MISSING))?;
                    let taken: Result<$held, Rejection> = async { Ok($take) }.await;
                    Ok(Self(taken.map_err(|rejection| $auth.refuse(rejection))?))
                })
            }
        }
    )+};
}

extractors! {
    /// Whoever is signed in. Strangers are turned away: navigations to the login, scripts with 401.
    ///
    /// `Option<CurrentUser>` is `None` also when nobody can tell who it is, because actix-web drops the error; ask for
    /// [`MaybeUser`] instead.
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
