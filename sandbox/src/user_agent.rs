//! What a user does at the authorize address, without a browser and without the pages.

use std::{fmt, slice};

use url::Url;

use crate::oauth::consent::{self, Approval, AuthorizationRequest};
use crate::sandbox::Sandbox;
use crate::state::lock;

/// The text of the error page on which a sign-in ended.
///
/// Atlassian shows such a page instead of redirecting to the app if the client or its callback
/// cannot be trusted (RFC 6749 §4.1.2.1), a scope is refused, or the user may not use the app.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use threelo_sandbox::Sandbox;
///
/// let sandbox = Sandbox::builder().start().await?;
/// let authorize = format!("{}/authorize?client_id=unknown", sandbox.url());
///
/// let stranded = sandbox.approve(&authorize, "mia", None).await.unwrap_err();
/// assert_eq!(stranded.to_string(), "failed to retrieve client");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded(String);

impl fmt::Display for Stranded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stranded {}

impl Sandbox {
    /// Does what a user does at the authorize address: logs in as `user` (the key in the seed),
    /// accepts, and chooses `site` by name, URL or cloud id, or the first site of the user if it is
    /// `None`. Returns the address of the callback, with `code` and the `state` of the request.
    ///
    /// Only the query of `authorize` is read; its host is ignored. No HTTP request is made. If
    /// every requested scope is `read:me` or `offline_access`, no site is chosen and `site` is
    /// ignored.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page: the request is invalid, the user does not
    /// exist or may not use the app, the site is not one of the user's, or its admin blocks apps.
    /// Nothing is granted.
    pub async fn approve(
        &self,
        authorize: &str,
        user: &str,
        site: Option<&str>,
    ) -> Result<String, Stranded> {
        let sites = site.as_ref().map(slice::from_ref);
        self.accept(authorize, Approval { user, sites })
    }

    /// Does what [`approve`](Self::approve) does, and chooses all of `sites` (names, URLs or cloud
    /// ids).
    ///
    /// At a resource-level app they make up the new grant, at an account-level app all of them join
    /// the account's grant.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page, as [`approve`](Self::approve), and also if
    /// `sites` is empty although the user could choose one. A single site that cannot be chosen
    /// refuses the whole consent.
    pub async fn approve_sites(
        &self,
        authorize: &str,
        user: &str,
        sites: &[&str],
    ) -> Result<String, Stranded> {
        let sites = Some(sites);
        self.accept(authorize, Approval { user, sites })
    }

    /// Checks the request, records the approval and returns the address of the callback.
    fn accept(&self, authorize: &str, approval: Approval<'_>) -> Result<String, Stranded> {
        let mut state = lock(&self.state);
        let request =
            AuthorizationRequest::check(&state, &query_of(authorize)?).map_err(Stranded)?;
        consent::accept(&mut state, &request, approval).map_err(Stranded)
    }

    /// Does what a user does who presses Cancel. Returns the address of the callback, with
    /// `error=access_denied` and an `error_description` (RFC 6749 §4.1.2.1).
    ///
    /// The address has the `state` of the request unless
    /// [`Knobs::state_on_cancel`](crate::Knobs::state_on_cancel) is off.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page if the request is invalid or the user does not
    /// exist.
    pub async fn cancel(&self, authorize: &str, user: &str) -> Result<String, Stranded> {
        let state = lock(&self.state);
        let request =
            AuthorizationRequest::check(&state, &query_of(authorize)?).map_err(Stranded)?;
        state
            .seed
            .user(user)
            .ok_or_else(|| Stranded("no such user".to_owned()))?;
        Ok(consent::cancel(&state, &request))
    }
}

/// The query of an absolute URL, empty if it has none.
fn query_of(authorize: &str) -> Result<String, Stranded> {
    let url = Url::parse(authorize)
        .map_err(|error| Stranded(format!("the authorize address is not a URL: {error}")))?;
    Ok(url.query().unwrap_or_default().to_owned())
}
