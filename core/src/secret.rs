//! Secrets as types of their own, which never print.
//!
//! Each kind of secret has a type, so that the compiler does not let an access token stand in the place of a refresh
//! token. A clone shares the text instead of copying it, and the text is wiped when the last clone is dropped
//! (docs/decisions/0011). Wiping is best effort: an HTTP client or a TLS library may hold copies in its buffers.
//! A canary test searches logs, pages and `Debug` output for marked secrets (docs/attacks.md T206 to T208).

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// Implements `Debug` for a type so that it shows the type's name and nothing of its content: for secrets, for values
/// with addresses in them, and for handles on whole stores.
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

/// Declares a type for one kind of secret text: without `Display`, with a `Debug` that shows the type's name, and with
/// one method to read the text. Clones share one text, which is wiped when the last of them is dropped.
macro_rules! secret_text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Arc<Zeroizing<String>>);

        impl $name {
            /// Takes the text as it is; nothing is checked or trimmed.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Arc::new(Zeroizing::new(text.into())))
            }

            /// The secret in clear text. Keep it out of logs, errors, pages and addresses.
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
    /// The client secret of the app, from its *Settings* in the developer console. It goes to the token endpoint and
    /// nowhere else.
    ClientSecret
}
secret_text! {
    /// A bearer token for `api.atlassian.com`, usually valid for an hour.
    ///
    /// It is a JWT today, but Atlassian calls its form private (docs/protocol.md sections 1.3 and 12.2): it may have
    /// any length, and nothing here parses it. Two kilobytes are common, and more scopes make it longer.
    ///
    /// ```
    /// use threelo::AccessToken;
    ///
    /// let token = AccessToken::new("eyJraWQiOi");
    /// assert_eq!(format!("{token:?}"), "AccessToken(..)");
    ///
    /// let field = format!("Bearer {}", token.expose());
    /// # assert_eq!(field, "Bearer eyJraWQiOi");
    /// ```
    AccessToken
}
secret_text! {
    /// The rotating token that renews a grant, used up by every refresh (docs/protocol.md section 3.1). It never leaves
    /// the server: no route, page or hook shows it (docs/attacks.md T190).
    RefreshToken
}
secret_text! {
    /// An authorization code: valid for one exchange, within minutes (RFC 6749 section 4.1.2).
    AuthorizationCode
}
secret_text! {
    /// The PKCE code verifier of one flow (RFC 7636 section 4.1). The authorization request carries only its hash.
    CodeVerifier
}

secret_text! {
    /// The sealing keys as they are configured: `id:base64` entries, separated by commas, before they are parsed.
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
