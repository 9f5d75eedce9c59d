//! Whose grants a decision works with: an account's, or those of a user of the app.

use std::sync::Arc;

use crate::config::AccessType;
use crate::error::{ConsentNeeded, GrantError};
use crate::grant::records;
use crate::ids::{AccountId, CloudId, Subject};
use crate::ports::Ports;
use crate::scope::Scopes;
use crate::store::{GrantKey, GrantRecord};

/// An account; in connect mode only as far as it is linked to this user of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The account.
    pub account: AccountId,
    /// The user of the app.
    pub subject: Option<Subject>,
}

impl Holder {
    /// All grants of an account.
    pub(crate) fn of(account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            subject: None,
        }
    }

    /// Who may read what a page says to this holder: the app's user, else the account.
    pub(crate) fn shown_to(&self) -> &str {
        match &self.subject {
            Some(subject) => subject.as_str(),
            None => self.account.as_str(),
        }
    }

    /// Whether a grant is the holder's.
    pub(crate) fn holds(&self, grant: &GrantRecord) -> bool {
        let subject = self.subject.as_ref();
        grant.key.account == self.account
            && subject.is_none_or(|subject| grant.link_of(subject).is_some())
    }
}

/// The grants of a holder, the newest consent first. Never empty; one at most for an account-level app.
#[derive(Clone, Debug)]
pub(crate) struct GrantSet {
    holder: Holder,
    newest: Arc<GrantRecord>,
    older: Vec<Arc<GrantRecord>>,
}

impl GrantSet {
    /// Puts grants in order; `None` if there are none.
    pub(crate) fn new(holder: Holder, mut grants: Vec<Arc<GrantRecord>>) -> Option<Self> {
        grants.sort_by_key(|grant| grant.consented_at);
        let newest = grants.pop()?;
        grants.reverse();
        let older = grants;
        Some(Self {
            holder,
            newest,
            older,
        })
    }

    /// Reads them.
    ///
    /// # Errors
    ///
    /// [`ConsentNeeded::NO_GRANT`] if there are none, or a store that failed.
    pub(crate) async fn load(ports: &Ports, holder: &Holder) -> Result<Self, GrantError> {
        let mut grants = match ports.config.access {
            AccessType::Account => {
                vec![records::load(ports, &ports.grant_key(&holder.account)).await?]
            }
            AccessType::Resource => ports.grants.of_account(&ports.app, &holder.account).await?,
        };
        grants.retain(|grant| holder.holds(grant));
        Self::new(holder.clone(), grants).ok_or(ConsentNeeded::NO_GRANT.into())
    }

    /// Whose grants they are.
    pub(crate) fn holder(&self) -> &Holder {
        &self.holder
    }

    /// The account.
    pub(crate) fn account(&self) -> &AccountId {
        &self.holder.account
    }

    /// What to call the account: the name that it showed at its newest consent, else its id.
    pub(crate) fn display_name(&self) -> &str {
        match &self.newest.profile {
            Some(profile) => profile.display_name(),
            None => self.holder.account.as_str(),
        }
    }

    /// The site that the account, or in connect mode the user of the app, chose last.
    pub(crate) fn last_site(&self) -> Option<CloudId> {
        let of = |grant: &Arc<GrantRecord>| match &self.holder.subject {
            Some(subject) => grant.link_of(subject)?.site.clone(),
            None => grant.last_site.clone(),
        };
        self.grants().find_map(of)
    }

    /// Every grant, the newest first.
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Arc<GrantRecord>> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// The grant of the newest consent.
    pub(crate) fn newest(&self) -> &Arc<GrantRecord> {
        &self.newest
    }

    /// The newest grant that reaches a site; one whose consent ended only if there is no other.
    pub(crate) fn to_site(&self, id: &CloudId) -> Option<&Arc<GrantRecord>> {
        let reaches = |grant: &&Arc<GrantRecord>| {
            let sites = grant.sites.as_deref();
            // A grant of an account-level app is the only one, and Atlassian decides what it reaches.
            grant.key.consent.is_none()
                || sites.is_some_and(|sites| sites.iter().any(|site| site.id == *id))
        };
        let mut living = self.living().filter(reaches);
        living.next().or_else(|| self.grants().find(reaches))
    }

    /// The newest grant that gives tokens; if none does, the newest.
    pub(crate) fn best(&self) -> &Arc<GrantRecord> {
        self.living().next().unwrap_or(&self.newest)
    }

    /// The grants that give tokens, as far as that is known.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Arc<GrantRecord>> {
        self.grants().filter(|grant| grant.consent_needed.is_none())
    }

    /// What was granted, all grants together.
    pub(crate) fn scopes(&self) -> Scopes {
        self.union(|grant| &grant.tokens.scopes)
    }

    /// What was asked for by the newest consent of each grant.
    pub(crate) fn asked(&self) -> Scopes {
        self.union(|grant| &grant.asked)
    }

    /// What was ever granted: a step-up asks for all of it.
    pub(crate) fn wanted(&self) -> Scopes {
        self.union(|grant| &grant.wanted).union(&self.scopes())
    }

    fn union(&self, of: impl Fn(&GrantRecord) -> &Scopes) -> Scopes {
        let join = |scopes: Scopes, grant: &Arc<GrantRecord>| scopes.union(of(grant));
        self.grants().fold(Scopes::new(), join)
    }
}

/// The grant whose token a call uses: the newest that reaches the site, for calls without a site the newest.
///
/// # Errors
///
/// `None` if no grant reaches the site; those of [`GrantSet::load`].
pub(crate) async fn key_for(
    ports: &Ports,
    holder: &Holder,
    site: Option<&CloudId>,
) -> Result<Option<GrantKey>, GrantError> {
    if ports.config.access == AccessType::Account {
        return Ok(Some(ports.grant_key(&holder.account)));
    }
    let set = GrantSet::load(ports, holder).await?;
    let grant = match site {
        Some(site) => set.to_site(site),
        None => Some(set.best()),
    };
    Ok(grant.map(|grant| grant.key.clone()))
}
