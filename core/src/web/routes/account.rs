//! The account that a request works with: the one that is signed in, or in connect mode one of the
//! accounts of the app's user.

use std::sync::Arc;

use crate::error::Rejection;
use crate::grant::{self, GrantSet, Holder};
use crate::ids::CloudId;
use crate::store::SessionRecord;
use crate::web::request::{Request, query, signed_in};
use crate::web::state::Web;

/// The account that a request works with, and its grants.
pub(crate) struct CurrentAccount {
    /// Its grants; in connect mode those that are linked to the app's user.
    pub(crate) grants: GrantSet,
    /// The session, in sign-in mode. In connect mode sessions are the app's.
    pub(crate) session: Option<Arc<SessionRecord>>,
    /// What to call the account on pages: the name that it shows, else its id.
    pub(crate) name: String,
}

impl CurrentAccount {
    /// Returns on whose behalf the request works.
    pub(crate) fn holder(&self) -> &Holder {
        self.grants.holder()
    }

    /// Returns the site that was chosen last: by this session, else for the account. Whether it is
    /// still reachable is not known.
    pub(crate) fn chosen(&self) -> Option<CloudId> {
        let of_session = self
            .session
            .as_ref()
            .and_then(|session| session.site.clone());
        of_session.or_else(|| self.grants.last_site())
    }
}

/// Finds the account that a request works with.
///
/// In sign-in mode that is the one that is signed in, and `account` is ignored. In connect mode it
/// is the linked account with the id `account`, or the only one. An account that is not linked to
/// this user is as unknown as one that does not exist (docs/attacks.md T188, T189).
///
/// # Errors
///
/// [`Rejection::NotSignedIn`]; [`Rejection::ConsentNeeded`] if the account that is signed in has no
/// grant; in connect mode [`Rejection::NotConnected`], [`Rejection::ChooseConnection`] if there are
/// several and none is named, and [`Rejection::Subject`] if the app cannot tell who its user is;
/// [`Rejection::Store`].
pub(crate) async fn current_account(
    web: &Web,
    request: &Request,
    account: Option<&str>,
) -> Result<CurrentAccount, Rejection> {
    if web.ports.config.mode.is_connect() {
        return linked(web, request, account).await;
    }
    let session = signed_in(web, request).await?;
    let holder = Holder::of(session.account());
    Ok(CurrentAccount {
        grants: GrantSet::load(&web.ports, &holder).await?,
        name: session.profile.display_name().to_owned(),
        session: Some(session),
    })
}

/// The same in connect mode.
async fn linked(
    web: &Web,
    request: &Request,
    account: Option<&str>,
) -> Result<CurrentAccount, Rejection> {
    let linked = grant::of_subject(&web.ports, request.subject.required()?).await?;
    let is_meant = |set: &GrantSet| account.is_none_or(|account| set.account().as_str() == account);
    let mut meant = linked.into_iter().filter(is_meant);
    let grants = meant.next().ok_or(Rejection::NotConnected)?;
    if meant.next().is_some() {
        return Err(Rejection::ChooseConnection);
    }
    Ok(CurrentAccount {
        name: grants.display_name().to_owned(),
        grants,
        session: None,
    })
}

/// Returns the account that the address names, unchecked.
pub(crate) fn account_param(request: &Request) -> Option<String> {
    query(request).one("account").map(str::to_owned)
}
