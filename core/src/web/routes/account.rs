//! Who works with sites: whoever is signed in, or in connect mode an account of the app's user.

use std::sync::Arc;

use crate::error::Rejection;
use crate::grant::{self, GrantSet, Holder};
use crate::ids::CloudId;
use crate::store::SessionRecord;
use crate::web::request::{Request, query, signed_in};
use crate::web::state::Web;

/// An account, and who has it here.
pub(crate) struct CurrentAccount {
    pub(crate) grants: GrantSet,
    /// The session of ours, in sign-in mode.
    pub(crate) session: Option<Arc<SessionRecord>>,
    pub(crate) name: String,
}

impl CurrentAccount {
    /// On whose behalf the request works.
    pub(crate) fn holder(&self) -> &Holder {
        self.grants.holder()
    }

    /// The site that was chosen last.
    pub(crate) fn chosen(&self) -> Option<CloudId> {
        let of_session = self
            .session
            .as_ref()
            .and_then(|session| session.site.clone());
        of_session.or_else(|| self.grants.last_site())
    }
}

/// Whoever is signed in; in connect mode the account that `account` names, else the only one.
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

/// The account that a parameter of the address names.
pub(crate) fn account_param(request: &Request) -> Option<String> {
    query(request).one("account").map(str::to_owned)
}
