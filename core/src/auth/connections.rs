//! The Atlassian accounts that a user of the app has connected.

use std::ops::Deref;
use std::sync::Arc;

use crate::atlassian::ApiClient;
use crate::auth::grants::Grant;
use crate::error::Rejection;
use crate::grant::GrantSet;
use crate::ids::{AccountId, Subject};
use crate::secret::opaque_debug;
use crate::web::Visitor;

/// The accounts that the app's user has connected, the earliest first. A slice of [`ConnectedAccount`]s by [`Deref`].
#[derive(Clone, Debug)]
pub struct ConnectedAccounts {
    subject: Subject,
    list: Vec<ConnectedAccount>,
}

impl ConnectedAccounts {
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

    /// The connection of this account, if it is one of the user's.
    pub fn of(&self, account: &AccountId) -> Option<&ConnectedAccount> {
        self.list.iter().find(|one| one.account_id() == account)
    }

    /// The one account that is connected.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotConnected`] if there is none, [`Rejection::ChooseConnection`] if there are several.
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
#[derive(Clone)]
pub struct ConnectedAccount {
    grant: Grant,
    visitor: Visitor,
}

impl ConnectedAccount {
    /// What to call this account.
    pub fn name(&self) -> &str {
        match self.grant.profile() {
            Some(profile) => profile.display_name(),
            None => self.grant.account_id().as_str(),
        }
    }

    /// Atlassian's APIs on behalf of the account; an error knows what to tell the visitor.
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
