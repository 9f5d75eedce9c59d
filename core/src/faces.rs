//! What both adapters show under the same names: written once, so that they cannot part. Not for anybody else.

use std::fmt;
use std::sync::Arc;

type Ask<R, A> = dyn Fn(&R) -> A + Send + Sync;

/// The app's word on who its user is: from the head `R` of a request, the answer `A` on its way.
#[doc(hidden)]
pub struct Resolver<R, A>(Arc<Ask<R, A>>);

impl<R, A> Resolver<R, A> {
    pub fn new(ask: impl Fn(&R) -> A + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    pub fn ask(&self, request: &R) -> A {
        (self.0)(request)
    }
}

impl<R, A> Clone for Resolver<R, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R, A> fmt::Debug for Resolver<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

/// Makes the rejection of an adapter's extractors, a newtype around [`Refusal`](crate::Refusal).
#[doc(hidden)]
#[macro_export]
macro_rules! __rejection {
    ($rejection:ident) => {
        /// Why an extractor turned a request away, or a call to Atlassian failed, with the reply that fits the request.
        ///
        /// What fails in a handler (`?` on a call, on [`sign_out`](threelo::CurrentSession::sign_out)) becomes one of these.
        #[derive(Debug, ::thiserror::Error)]
        #[error(transparent)]
        pub struct $rejection(#[from] $crate::Refusal);

        impl $rejection {
            /// The reason.
            pub fn rejection(&self) -> &$crate::Rejection {
                self.0.rejection()
            }

            /// The address, within the app, where the visitor can mend it: login, picker, step-up.
            pub fn way_on(&self) -> Option<&str> {
                self.0.way_on()
            }
        }

        impl From<$crate::ApiError> for $rejection {
            fn from(error: $crate::ApiError) -> Self {
                Self(error.into_refusal())
            }
        }
    };
}

/// Gives a newtype around [`threelo::Login`](crate::Login) its methods.
#[doc(hidden)]
#[macro_export]
macro_rules! __login_methods {
    ($login:ident) => {
        impl $login {
            /// A login that returns to the default place.
            pub fn new() -> Self {
                Self::default()
            }

            /// Where to return; what is not a place of this app becomes the default target.
            pub fn return_to(self, place: impl Into<String>) -> Self {
                Self(self.0.return_to(place))
            }

            /// What the hooks get back, about 1.2 KB of JSON at most; more is a 500 that says so.
            pub fn details(self, details: &impl ::serde::Serialize) -> Self {
                Self(self.0.details(details))
            }

            /// Scopes to ask for besides the configured ones.
            pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
                Self(self.0.scopes(scopes))
            }

            /// The site that the visitor wishes to add: its address, host or cloud id.
            pub fn site(self, site: impl Into<String>) -> Self {
                Self(self.0.site(site))
            }

            /// The only account that may come back; another one changes nothing, and a page says so.
            pub fn account(self, account: &$crate::AccountId) -> Self {
                Self(self.0.account(account))
            }

            /// Lets the session live for longer, as the builder's `remember` has it.
            pub fn remember(self, remember: bool) -> Self {
                Self(self.0.remember(remember))
            }
        }
    };
}

/// Makes the guards of an adapter, each a value of its `$guard` type.
#[doc(hidden)]
#[macro_export]
macro_rules! __guards {
    ($guard:ident) => {
        /// Lets only requests of somebody through: whoever is signed in, or in connect mode a user of the app.
        pub fn require_login() -> $guard {
            $guard($crate::Guard::Login)
        }

        /// Lets only requests through whose grant has all these scopes; the others are shown the step-up.
        pub fn require_scopes<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> $guard {
            $guard($crate::Guard::Scopes(scopes.into_iter().collect()))
        }

        /// Lets only requests through that have a site; visitors with several choose one first.
        pub fn require_site() -> $guard {
            $guard($crate::Guard::Site)
        }

        /// Lets changes (any method but GET, HEAD, OPTIONS) through only from pages of this app; from those of listed origins
        /// with the field `X-Threelo`; and from who shows a bearer session of ours. A WebSocket begins with a `GET`.
        pub fn same_origin() -> $guard {
            $guard($crate::Guard::SameOrigin)
        }
    };
}

/// Makes extractors, a newtype each, and hands on to `$shape` how each takes what it holds from the session of the request.
#[doc(hidden)]
#[macro_export]
macro_rules! __extracted {
    ($shape:ident: $($(#[$docs:meta])* $name:ident($held:ty) = |$auth:ident| $take:expr;)+) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $held);

        impl ::std::ops::Deref for $name {
            type Target = $held;

            fn deref(&self) -> &$held {
                &self.0
            }
        }

        $shape!($name($held) = |$auth| $take);
    )+};
}

/// The extractors of an adapter.
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors {
    ($shape:ident) => {
        $crate::__extracted! { $shape:
            /// Whoever is signed in. Strangers are turned away: navigations to the login, scripts with 401.
            CurrentUser($crate::CurrentUser) = |auth| auth.require_user().await?;

            /// Whoever is signed in, or nobody: an `Option` by [`Deref`]. When nobody can tell, it is a 503, never
            /// "nobody"; actix-web's `Option<CurrentUser>` hides that.
            MaybeUser(Option<CurrentUser>) = |auth| auth.user().await?.map(CurrentUser);

            /// The profile of whoever is signed in, as the User Identity API gave it.
            Profile(::std::sync::Arc<$crate::Profile>) =
                |auth| ::std::sync::Arc::clone(auth.require_user().await?.profile());

            /// The site of this request: the one it names (`X-Threelo-Site`, `?site=`), else the visitor's
            /// choice, else the only one. Visitors with several choose one first and come back; one that is gone is
            /// never replaced by another.
            CurrentSite($crate::Site) = |auth| auth.site().await?;

            /// The session of whoever is signed in, to look at and to end. It holds no data of the app.
            CurrentSession($crate::CurrentSession) = |auth| auth.current_session().await?;

            /// Atlassian's APIs on behalf of whoever is signed in, or in connect mode of the one account that is
            /// connected, with a token that works. Strangers are turned away as by [`CurrentUser`]; who must consent
            /// again goes to Atlassian and comes back.
            Atlassian($crate::Atlassian) = |auth| auth.atlassian().await?;

            /// The Atlassian accounts that the app's user has connected, in connect mode.
            Connections($crate::Connections) = |auth| auth.connections().await?;
        }
    };
}
