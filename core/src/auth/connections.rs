//! The Atlassian accounts that a user of the app has connected.
//!
//! Both types are what a request sees: calls that they make know who asked, so that an error can be
//! rendered for that visitor.

use std::ops::Deref;
use std::sync::Arc;

use crate::atlassian::ApiClient;
use crate::auth::grants::Grant;
use crate::error::Rejection;
use crate::grant::GrantSet;
use crate::ids::{AccountId, Subject};
use crate::secret::opaque_debug;
use crate::web::Visitor;

/// The accounts that the app's user has connected, the earliest first. It is a slice of
/// [`ConnectedAccount`]s by [`Deref`].
///
/// It was read once for the request; an account that is connected or disconnected meanwhile does
/// not appear or vanish.
///
/// ```no_run
/// use threelo::{ConnectedAccounts, Rejection};
///
/// async fn project_count(accounts: &ConnectedAccounts) -> Result<u64, Box<dyn std::error::Error>> {
///     let account = accounts.only()?;
///     let mut projects = 0;
///     for site in account.sites().await?.iter() {
///         let client = account.atlassian();
///         let projects_page = client.jira(site).get("/rest/api/3/project/search");
///         let page: serde_json::Value = projects_page.json().await?;
///         projects += page["total"].as_u64().unwrap_or_default();
///     }
///     Ok(projects)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectedAccounts {
    /// The app's user, as the app's resolver named them for this request.
    subject: Subject,
    /// One entry for each account, with all its grants; the earliest link first.
    list: Vec<ConnectedAccount>,
}

impl ConnectedAccounts {
    /// Gives every account the context of the visitor, narrowed to that account: a step-up or a new
    /// consent that an error leads to is then for this account and no other (docs/decisions/0023).
    pub(crate) fn new(subject: Subject, linked: Vec<GrantSet>, visitor: &Visitor) -> Self {
        let connection = |set: GrantSet| ConnectedAccount {
            visitor: Visitor {
                account: Some(set.account().clone()),
                ..visitor.clone()
            },
            grant: Grant::new(Arc::clone(&visitor.web.ports), set),
        };
        let list = linked.into_iter().map(connection).collect();
        Self { subject, list }
    }

    /// The app's user, as the app named them.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The connection of this account; `None` if this user has not connected it, even if another
    /// user has (docs/attacks.md, T188).
    pub fn of(&self, account: &AccountId) -> Option<&ConnectedAccount> {
        self.list.iter().find(|one| one.account_id() == account)
    }

    /// The one account that is connected. With several, none is preferred: the app must let the
    /// user say which one is meant (docs/attacks.md, T017).
    ///
    /// # Errors
    ///
    /// [`Rejection::NotConnected`] if there is none, [`Rejection::ChooseConnection`] if there are
    /// several.
    pub fn only(&self) -> Result<&ConnectedAccount, Rejection> {
        match self.list.as_slice() {
            [] => Err(Rejection::NotConnected),
            [only] => Ok(only),
            _ => Err(Rejection::ChooseConnection),
        }
    }
}

impl Deref for ConnectedAccounts {
    type Target = [ConnectedAccount];

    fn deref(&self) -> &[ConnectedAccount] {
        &self.list
    }
}

/// One account that the app's user has connected: its [`Grant`], by [`Deref`].
///
/// ```no_run
/// use threelo::ConnectedAccount;
///
/// fn label(account: &ConnectedAccount) -> String {
///     let state = match account.consent_needed() {
///         Some(_) => "must be connected again",
///         None => "connected",
///     };
///     format!("{} ({}): {state}", account.name(), account.account_id())
/// }
/// ```
#[derive(Clone)]
pub struct ConnectedAccount {
    /// All grants of the account that are linked to this user, and no others.
    grant: Grant,
    /// Who asked, for the reply that an error becomes.
    visitor: Visitor,
}

impl ConnectedAccount {
    /// What to call this account: the name at its newest consent, else the account id.
    pub fn name(&self) -> &str {
        match self.grant.profile() {
            Some(profile) => profile.display_name(),
            None => self.grant.account_id().as_str(),
        }
    }

    /// Atlassian's APIs on behalf of the account. An error of a call can be returned from the
    /// handler: it is rendered for this visitor, for example as the way to a new consent.
    pub fn atlassian(&self) -> ApiClient {
        let visitor = Some(Arc::new(self.visitor.clone()) as _);
        let ports = Arc::clone(&self.visitor.web.ports);
        ApiClient::new(ports, self.grant.holder().clone(), visitor)
    }
}

impl Deref for ConnectedAccount {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

opaque_debug!(ConnectedAccount);
