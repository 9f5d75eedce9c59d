//! Whose grants a decision works with: an account's, or those of a user of the app.

use std::sync::Arc;

use crate::config::AccessType;
use crate::error::{ConsentNeeded, GrantError};
use crate::grant::records;
use crate::ids::{AccountId, CloudId, Subject};
use crate::ports::Ports;
use crate::scope::Scopes;
use crate::store::{GrantKey, GrantRecord};

/// On whose behalf something is done: an account; in connect mode an account only as far as it is linked to
/// this user of the app. Both parts are checked, so a client of a user who disconnected stops working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The Atlassian account.
    pub account: AccountId,
    /// The user of the app, in connect mode.
    pub subject: Option<Subject>,
}

impl Holder {
    /// All grants of an account, regardless of their links.
    pub(crate) fn of(account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            subject: None,
        }
    }

    /// To whom a sealed message for this holder is addressed: the app's user, otherwise the account.
    pub(crate) fn shown_to(&self) -> &str {
        match &self.subject {
            Some(subject) => subject.as_str(),
            None => self.account.as_str(),
        }
    }

    /// Whether a grant belongs to the holder. Records that were read through an index are checked with it.
    pub(crate) fn holds(&self, grant: &GrantRecord) -> bool {
        let subject = self.subject.as_ref();
        grant.key.account == self.account
            && subject.is_none_or(|subject| grant.link_of(subject).is_some())
    }
}

/// The grants of a holder as they were read, the newest consent first. It is never empty, and has one grant for
/// an account-level app (`docs/decisions/0037-grants-by-access-type.md`).
#[derive(Clone, Debug)]
pub(crate) struct GrantSet {
    /// Whose grants they are.
    holder: Holder,
    /// The grant of the newest consent.
    newest: Arc<GrantRecord>,
    /// The others, newest first.
    older: Vec<Arc<GrantRecord>>,
}

impl GrantSet {
    /// Puts grants in order by the time of their consent; `None` if there are none.
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

    /// Reads the grants of a holder from the store. Grants that cannot be read, or that the holder does not
    /// hold, are left out.
    ///
    /// # Errors
    ///
    /// [`ConsentNeeded::NO_GRANT`] if nothing is left, [`GrantError::Store`] if the store failed.
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

    /// The name to show for the account: the one of its newest consent, otherwise its id. In sign-in mode the
    /// grant has no profile, so it is always the id.
    pub(crate) fn display_name(&self) -> &str {
        match &self.newest.profile {
            Some(profile) => profile.display_name(),
            None => self.holder.account.as_str(),
        }
    }

    /// The site that the account, or in connect mode the user of the app, chose last; of several grants the
    /// newest that knows one.
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

    /// The newest grant that reaches a site. A grant whose consent ended is returned only if no other reaches
    /// it, so that the caller can say which consent is needed.
    ///
    /// An account-level grant is returned for any site: what it reaches, Atlassian decides at the call
    /// (`docs/protocol.md`, section 4.4).
    pub(crate) fn to_site(&self, id: &CloudId) -> Option<&Arc<GrantRecord>> {
        let reaches = |grant: &&Arc<GrantRecord>| {
            let sites = grant.sites.as_deref();
            // An account-level grant is the only one, and Atlassian decides at the call what it reaches.
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

    /// The grants that are not marked: those that give tokens, as far as is known here.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Arc<GrantRecord>> {
        self.grants().filter(|grant| grant.consent_needed.is_none())
    }

    /// The scopes that were granted, of all grants together. One call uses the token of one grant only.
    pub(crate) fn scopes(&self) -> Scopes {
        self.union(|grant| &grant.tokens.scopes)
    }

    /// The scopes that the newest consent of each grant asked for.
    pub(crate) fn asked(&self) -> Scopes {
        self.union(|grant| &grant.asked)
    }

    /// The scopes that were ever granted. A step-up asks for all of them, because a consent replaces the scopes
    /// of the one before (`docs/protocol.md`, section 4.4).
    pub(crate) fn wanted(&self) -> Scopes {
        self.union(|grant| &grant.wanted).union(&self.scopes())
    }

    /// The union of one set of scopes over all grants.
    fn union(&self, of: impl Fn(&GrantRecord) -> &Scopes) -> Scopes {
        let join = |scopes: Scopes, grant: &Arc<GrantRecord>| scopes.union(of(grant));
        self.grants().fold(Scopes::new(), join)
    }
}

/// The key of the grant whose token a call uses: the newest that reaches the site; for calls without a site the
/// newest that gives tokens. `None` if no grant reaches the site, and then nothing is sent.
///
/// For an account-level app it is computed without a store call, and the grant may not exist.
///
/// # Errors
///
/// For a resource-level app those of [`GrantSet::load`].
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
