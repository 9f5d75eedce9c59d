//! Which calls are passed on to Atlassian.

/// Calls to a product of Atlassian that `{prefix}/api/{product}/{cloud id}/…` passes on, with the user's own token.
///
/// ```
/// use threelo::config::Forward;
///
/// let issues = Forward::to("jira", "/rest/api/3/").methods(["GET", "POST"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Forward {
    pub(crate) product: String,
    pub(crate) below: String,
    pub(crate) methods: Vec<String>,
}

impl Forward {
    /// Passes `GET` on, to paths of a product (`jira`, `confluence`) that begin with `below`, which ends with a slash.
    pub fn to(product: impl Into<String>, below: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            below: below.into(),
            methods: vec!["GET".to_owned()],
        }
    }

    /// The methods that are passed on, instead of `GET` alone.
    pub fn methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a path of a product is among them.
    pub(crate) fn covers(&self, product: &str, path: &str) -> bool {
        self.product == product && path.starts_with(&self.below)
    }
}
