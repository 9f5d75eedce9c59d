//! Values that never print.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// Gives types a `Debug` that shows their name and nothing of what they hold: secrets, addresses, whole stores.
macro_rules! opaque_debug {
    ($name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

pub(crate) use opaque_debug;

/// Declares a secret text type: no `Display`, a `Debug` that shows the type only. Clones share one text, which is wiped
/// when the last of them is dropped.
macro_rules! secret_text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Arc<Zeroizing<String>>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Arc::new(Zeroizing::new(text.into())))
            }

            /// The secret in clear. Keep it out of logs, errors, pages and addresses.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret_text! {
    /// The client secret of the app, from its Settings in the developer console.
    ClientSecret
}
secret_text! {
    /// A bearer token for `api.atlassian.com`. Opaque: of any length, never parsed.
    AccessToken
}
secret_text! {
    /// The rotating token that renews a grant. Opaque: of any length, never parsed.
    RefreshToken
}
secret_text! {
    /// An authorization code: good for one exchange, within minutes.
    AuthorizationCode
}
secret_text! {
    /// The PKCE code verifier of one flow (RFC 7636 §4.1).
    CodeVerifier
}

secret_text! {
    /// The sealing keys as they are configured.
    Keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_type_and_nothing_else() {
        assert_eq!(
            format!("{:?}", AccessToken::new("canary")),
            "AccessToken(..)"
        );
    }
}
