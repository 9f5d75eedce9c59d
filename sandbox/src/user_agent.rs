//! What a visitor does at the authorize address, without the pages.

use std::{fmt, slice};

use url::Url;

use crate::oauth::consent::{self, Approval, AuthorizationRequest};
use crate::sandbox::Sandbox;
use crate::state::lock;

/// The text of the page on which a visitor is stranded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded(pub String);

impl fmt::Display for Stranded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stranded {}

impl Sandbox {
    /// Does what a visitor does at the authorize address: logs in as `user`, accepts, and chooses `site` (name, url or
    /// cloud id) or the first one. Gives the callback's address.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page.
    pub async fn approve(
        &self,
        authorize: &str,
        user: &str,
        site: Option<&str>,
    ) -> Result<String, Stranded> {
        let sites = site.as_ref().map(slice::from_ref);
        self.accept(authorize, Approval { user, sites })
    }

    /// Does what [`approve`](Self::approve) does, and chooses all of `sites` (names, urls or cloud ids).
    ///
    /// At a resource-level app they make up the new grant, at an account-level app all of them join the account's.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page, also if `sites` is empty although the user could choose one.
    pub async fn approve_sites(
        &self,
        authorize: &str,
        user: &str,
        sites: &[&str],
    ) -> Result<String, Stranded> {
        let sites = Some(sites);
        self.accept(authorize, Approval { user, sites })
    }

    fn accept(&self, authorize: &str, approval: Approval<'_>) -> Result<String, Stranded> {
        let mut state = lock(&self.state);
        let request =
            AuthorizationRequest::check(&state, &query_of(authorize)?).map_err(Stranded)?;
        consent::accept(&mut state, &request, approval).map_err(Stranded)
    }

    /// Does what a visitor does who presses Cancel. Gives the callback's address.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page.
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

fn query_of(authorize: &str) -> Result<String, Stranded> {
    let url = Url::parse(authorize).map_err(|error| Stranded(format!("no address: {error}")))?;
    Ok(url.query().unwrap_or_default().to_owned())
}
