//! The Atlassian accounts that a user of the app has connected.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::atlassian::Atlassian;
use crate::auth::grants::Grant;
use crate::error::Rejection;
use crate::grant::{Holder, Reach};
use crate::ids::{AccountId, Subject};
use crate::web::Visitor;

/// The accounts that the app's user has connected, the earliest first. A slice of [`Connection`]s by [`Deref`].
#[derive(Clone, Debug)]
pub struct Connections {
    subject: Subject,
    list: Vec<Connection>,
}

impl Connections {
    pub(crate) fn new(subject: Subject, linked: Vec<(Holder, Reach)>, visitor: &Visitor) -> Self {
        let connection = |(holder, reach): (Holder, Reach)| Connection {
            visitor: Visitor {
                account: Some(holder.account.clone()),
                ..visitor.clone()
            },
            grant: Grant::new(Arc::clone(&visitor.web.ports), (holder, reach)),
        };
        let list = linked.into_iter().map(connection).collect();
        Self { subject, list }
    }

    /// The app's user, as the app named them.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The connection of this account, if it is one of the user's.
    pub fn of(&self, account: &AccountId) -> Option<&Connection> {
        self.list.iter().find(|one| one.account_id() == account)
    }

    /// The one account that is connected.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotConnected`] if there is none, [`Rejection::ChooseConnection`] if there are several.
    pub fn only(&self) -> Result<&Connection, Rejection> {
        match self.list.as_slice() {
            [] => Err(Rejection::NotConnected),
            [only] => Ok(only),
            _ => Err(Rejection::ChooseConnection),
        }
    }
}

impl Deref for Connections {
    type Target = [Connection];

    fn deref(&self) -> &[Connection] {
        &self.list
    }
}

/// One account that the app's user has connected: its [`Grant`], by [`Deref`].
#[derive(Clone)]
pub struct Connection {
    grant: Grant,
    visitor: Visitor,
}

impl Connection {
    /// What to call this account.
    pub fn name(&self) -> &str {
        match self.grant.profile() {
            Some(profile) => profile.display_name(),
            None => self.grant.account_id().as_str(),
        }
    }

    /// Atlassian's APIs on behalf of the account; an error knows what to tell the visitor.
    pub fn atlassian(&self) -> Atlassian {
        let visitor = Some(Arc::new(self.visitor.clone()) as _);
        let ports = Arc::clone(&self.visitor.web.ports);
        Atlassian::new(ports, self.grant.holder().clone(), visitor)
    }
}

impl Deref for Connection {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
