//! Which calls of scripts are forwarded to Atlassian.

/// Calls to a product of Atlassian that `{prefix}/api/{product}/{cloud id}/…` forwards with the user's own token, for
/// scripts that must not have a token themselves (docs/decisions/0068).
///
/// Name the paths and methods that your scripts need and no more: a script that is injected into the page can call
/// everything that is listed, with the rights of the user.
///
/// ```
/// use threelo::{Auth, Credentials, Forward};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
///     .scopes(["read:jira-work", "write:jira-work"])
///     .forward([
///         Forward::to("jira", "/rest/api/3/search/"),
///         Forward::to("jira", "/rest/api/3/issue/").methods(["GET", "PUT"]),
///     ])
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Forward {
    /// The product as the gateway names it, `jira` or `confluence`.
    pub(crate) product: String,
    /// What the paths of the calls begin with.
    pub(crate) below: String,
    /// The methods, in capitals.
    pub(crate) methods: Vec<String>,
    /// The most bytes of a body.
    pub(crate) body_limit: usize,
}

impl Forward {
    /// Forwards `GET` calls to paths of a product (`jira`, `confluence`) that begin with `below`, such as
    /// `/rest/api/3/search/`.
    ///
    /// `below` must begin and end with a slash, and consist of letters, digits, `-`, `_` and `.`, without `..`. The
    /// builder refuses anything else.
    pub fn to(product: impl Into<String>, below: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            below: below.into(),
            methods: vec!["GET".to_owned()],
            body_limit: 1024 * 1024,
        }
    }

    /// Replaces the methods that are forwarded. `GET`, `HEAD`, `POST`, `PUT`, `PATCH` and `DELETE` are possible,
    /// written in capitals. All but `GET` and `HEAD` need the proof of a change, such as the field `X-Threelo`.
    pub fn methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// How many bytes the body of a call may have: 1 MiB unless set, 64 MiB at most. The body is kept in memory until the call
    /// has ended, and an account can have a hundred calls in flight.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Whether a path of a product is among them. The method is another question.
    pub(crate) fn covers(&self, product: &str, path: &str) -> bool {
        self.product == product && path.starts_with(&self.below)
    }
}
