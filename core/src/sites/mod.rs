//! Which site a request works on. One of several is never chosen silently: taking the first entry
//! of the list is a well-known mistake that shows people the data of the wrong tenant
//! (docs/protocol.md, 4.6).
//!
//! The list of sites is stored with the grant and read again at fixed occasions
//! (docs/decisions/0041): before a refusal, for pages that show sites, and after refreshes.

use std::sync::Arc;
use std::time::Duration;

use crate::config::AccessType;
use crate::error::{MissingScope, MissingScopeReason, Rejection};
use crate::grant::{self, GrantSet, Holder, OLD, is_older, keep};
use crate::ids::CloudId;
use crate::ports::{Ports, SitesUnread};
use crate::provider::site::Site;
use crate::refresh::{self, Need};
use crate::scope::Scopes;
use crate::session::{self, Updated};
use crate::store::{GrantRecord, SessionRecord, StoreError};

/// A list that is younger than this is believed when it says that a site is missing.
const YOUNG: Duration = Duration::from_secs(10);

/// What came of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The session, or the link of the app's user, works on that site now.
    Made,
    /// The grant does not reach that site; nothing was changed.
    NotReachable,
}

/// How a request says which site it means.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SiteSelection<'a> {
    /// The site that the session chose.
    pub chosen: Option<&'a CloudId>,
    /// The site that the request names: an address, a host or a cloud id. It takes precedence over
    /// what was chosen.
    pub named: Option<&'a str>,
}

/// The site of a request: the one that it names, else the one that the session chose, else the last
/// choice of the account (in connect mode of the app's user), else the only one.
///
/// Before a site is refused, the list is read again at Atlassian if it is older than 10 seconds:
/// the site may have been added a moment ago.
///
/// # Errors
///
/// [`Rejection::UnknownSite`] if the named site is not reachable; [`Rejection::SiteGone`] if the
/// chosen one is not any more, even if only one other is left (docs/decisions/0042);
/// [`Rejection::NoSite`] if there is none, or what [`why_none`] says; [`Rejection::ChooseSite`] if there are several;
/// [`Rejection::SitesUnknown`] if Atlassian did not answer; and those of [`GrantSet::load`].
pub(crate) async fn site_for(
    ports: &Arc<Ports>,
    holder: &Holder,
    selection: SiteSelection<'_>,
) -> Result<Site, Rejection> {
    if let Some(kept) = cached_site(ports, holder, selection) {
        return Ok(kept);
    }
    let set = GrantSet::load(ports, holder).await?;
    let last = match selection.chosen {
        Some(_) => None,
        None => set.last_site(),
    };
    let selection = SiteSelection {
        chosen: selection.chosen.or(last.as_ref()),
        ..selection
    };
    let sites = sites_of(ports, &set).await?;
    match pick(&sites, selection) {
        Err(Rejection::UnknownSite | Rejection::SiteGone | Rejection::NoSite) => {}
        picked => return picked,
    }
    let sites = read_again(ports, &set, YOUNG).await?;
    pick(&sites, selection).map_err(|rejection| match rejection {
        Rejection::NoSite => why_none(ports, &set),
        other => other,
    })
}

/// Why an account reaches no site: because it has none, because its consent did not ask for a
/// product, or because the app never does.
pub(crate) fn why_none(ports: &Ports, set: &GrantSet) -> Rejection {
    let config = &ports.config;
    let reaches = |grant: &Arc<GrantRecord>| grant.tokens.scopes.reach_sites();
    if set.grants().any(reaches) || config.scopes.reach_sites() {
        return Rejection::NoSite;
    }
    let reaching = |scope: &&str| Scopes::parse(scope).reach_sites();
    let scopes: Scopes = config.optional_scopes.iter().filter(reaching).collect();
    if scopes.is_empty() {
        return Rejection::NoProductScope;
    }
    let why = match set.asked().covers(&scopes) {
        true => MissingScopeReason::NotGranted,
        false => MissingScopeReason::NotAsked,
    };
    Rejection::MissingScope(MissingScope { scopes, why })
}

/// The site that a request names or its session chose, if the grant reached it when this process
/// read it less than five minutes ago. Only for account-level apps in sign-in mode, where one
/// cached grant is all there is.
///
/// Without a name or a choice the store is always asked: only it knows whether the account has one
/// site or, by now, several.
fn cached_site(ports: &Ports, holder: &Holder, selection: SiteSelection<'_>) -> Option<Site> {
    let is_said = selection.chosen.is_some() || selection.named.is_some();
    let is_one_grant = ports.config.access == AccessType::Account && holder.subject.is_none();
    if !is_said || !is_one_grant {
        return None;
    }
    let key = ports.grant_key(&holder.account);
    let kept = ports.refresh.cache.get(&key, ports.now())?;
    pick(kept.sites.as_deref()?, selection).ok()
}

/// Applies the selection to a list. A named site is looked for by every name that people use; a
/// chosen one by its cloud id only, because names and addresses of sites change.
fn pick(sites: &[Site], selection: SiteSelection<'_>) -> Result<Site, Rejection> {
    let found = |is_it: &dyn Fn(&Site) -> bool| sites.iter().find(|site| is_it(site)).cloned();
    if let Some(named) = selection.named {
        return found(&|site| site.is_called(named)).ok_or(Rejection::UnknownSite);
    }
    if let Some(chosen) = selection.chosen {
        return found(&|site| site.id == *chosen).ok_or(Rejection::SiteGone);
    }
    match sites {
        [] => Err(Rejection::NoSite),
        [only] => Ok(only.clone()),
        _ => Err(Rejection::ChooseSite),
    }
}

/// The sites that a holder reaches, each once; a list that could not be read at the consent is read
/// now.
///
/// # Errors
///
/// [`Rejection::SitesUnknown`], and those of [`refresh::fresh`].
pub(crate) async fn sites_of(ports: &Arc<Ports>, set: &GrantSet) -> Result<Arc<[Site]>, Rejection> {
    let mut lists = Vec::new();
    for grant in set.grants() {
        let known = match &grant.sites {
            Some(sites) => Ok(Arc::clone(sites)),
            None => read(ports, grant).await,
        };
        lists.extend(unless_ended(known, set)?);
    }
    Ok(merged(lists))
}

/// The same, read again at Atlassian where the stored list is older than `age`. Where Atlassian
/// does not answer, the stored list is used: an old list is better than none.
///
/// # Errors
///
/// Those of [`sites_of`].
pub(crate) async fn read_again(
    ports: &Arc<Ports>,
    set: &GrantSet,
    age: Duration,
) -> Result<Arc<[Site]>, Rejection> {
    let mut lists = Vec::new();
    for grant in set.grants() {
        let known = match &grant.sites {
            Some(sites) if !is_time(ports, grant, age) => Ok(Arc::clone(sites)),
            Some(sites) => match read(ports, grant).await {
                Err(Rejection::SitesUnknown) => Ok(Arc::clone(sites)),
                read => read,
            },
            None => read(ports, grant).await,
        };
        lists.extend(unless_ended(known, set)?);
    }
    Ok(merged(lists))
}

/// Leaves out a consent that has ended, as long as the account has another one: it must not hide
/// what the others reach. The last one's failure is reported.
fn unless_ended(
    sites: Result<Arc<[Site]>, Rejection>,
    set: &GrantSet,
) -> Result<Option<Arc<[Site]>>, Rejection> {
    match sites {
        Err(Rejection::ConsentNeeded(_)) if set.living().next().is_some() => Ok(None),
        sites => sites.map(Some),
    }
}

/// Whether a grant's sites should be read again now. Of concurrent callers one reads, and after an
/// attempt, even a failed one, this process does not read again until `age` has passed: made-up
/// names in requests must not become calls to Atlassian. An `age` of zero always reads.
fn is_time(ports: &Ports, grant: &GrantRecord, age: Duration) -> bool {
    is_older(ports, grant, age)
        && (age.is_zero() || ports.site_throttle.allow(&grant.key, ports.now(), age))
}

/// The same for pages that show sites: not older than 15 minutes.
///
/// # Errors
///
/// Those of [`sites_of`].
pub(crate) async fn shown_sites(
    ports: &Arc<Ports>,
    set: &GrantSet,
) -> Result<Arc<[Site]>, Rejection> {
    read_again(ports, set, OLD).await
}

/// Whether a site that a call could not reach is gone; the list is read again to tell. If that
/// cannot be told, it is not: the answer of the API stands then.
pub(crate) async fn is_gone(ports: &Arc<Ports>, holder: &Holder, id: &CloudId) -> bool {
    let Ok(set) = GrantSet::load(ports, holder).await else {
        return false;
    };
    match read_again(ports, &set, YOUNG).await {
        Ok(sites) => sites.iter().all(|site| site.id != *id),
        Err(_) => false,
    }
}

/// The lists of several grants as one, each site once; a single list is shared and not copied.
fn merged(lists: Vec<Arc<[Site]>>) -> Arc<[Site]> {
    match <[Arc<[Site]>; 1]>::try_from(lists) {
        Ok([only]) => only,
        Err(lists) => {
            crate::provider::site::merged(lists.iter().flat_map(|list| list.iter().cloned())).into()
        }
    }
}

/// Reads the sites of a grant at Atlassian and stores the list. If the token is refused, it is
/// tried once more with a newer one.
///
/// # Errors
///
/// [`Rejection::SitesUnknown`] if Atlassian gives no list, [`Rejection::Store`] if it cannot be
/// stored, and those of [`refresh::fresh`].
pub(crate) async fn read(
    ports: &Arc<Ports>,
    grant: &GrantRecord,
) -> Result<Arc<[Site]>, Rejection> {
    let mut fresh = refresh::fresh(ports, &grant.key, Need::Working).await?;
    let mut read = ports.provider.sites(&fresh.tokens).await;
    if read == Err(SitesUnread::Refused) {
        let newer = Need::NewerThan(fresh.generation);
        fresh = refresh::fresh(ports, &grant.key, newer).await?;
        read = ports.provider.sites(&fresh.tokens).await;
    }
    let sites = read.map_err(|_unread| Rejection::SitesUnknown)?;
    keep(ports, &fresh, &sites).await?;
    Ok(sites)
}

/// Makes a session work on a site, and remembers the site for other sessions of the account.
///
/// The session is written first, because it is what was asked for. The memory in the grant is a
/// convenience: while the store is busy it may be left out.
///
/// # Errors
///
/// Those of [`GrantSet::load`] and [`sites_of`]; [`Rejection::NotSignedIn`] if the session ended meanwhile;
/// [`Rejection::Store`] if other requests wrote the session each time.
pub(crate) async fn choose(
    ports: &Arc<Ports>,
    session: &Arc<SessionRecord>,
    id: &CloudId,
) -> Result<Choice, Rejection> {
    let set = GrantSet::load(ports, &Holder::of(session.account())).await?;
    let Some(grant) = reaching(ports, &set, id).await? else {
        return Ok(Choice::NotReachable);
    };
    write_choice(ports, session, id).await?;
    // A failure is no failure of the choice, which is stored already.
    let _ = grant::change(ports, &grant.key, |stored| {
        Some(GrantRecord {
            last_site: Some(id.clone()),
            ..stored.clone()
        })
    })
    .await;
    Ok(Choice::Made)
}

/// The same in connect mode: the choice is stored in the link between the app's user and one of
/// their accounts, so that other users who have connected the account keep theirs.
///
/// # Errors
///
/// Those of [`GrantSet::load`] and [`sites_of`]; [`Rejection::NotConnected`] if the link is gone.
pub(crate) async fn choose_linked(
    ports: &Arc<Ports>,
    holder: &Holder,
    id: &CloudId,
) -> Result<Choice, Rejection> {
    let subject = holder.subject.as_ref().ok_or(Rejection::NotConnected)?;
    let set = GrantSet::load(ports, holder).await?;
    let Some(grant) = reaching(ports, &set, id).await? else {
        return Ok(Choice::NotReachable);
    };
    grant::choose_site(ports, &grant.key, subject, id).await?;
    Ok(Choice::Made)
}

/// The grant that reaches a site, after the list was read again if the site is not in it; `None` if
/// no grant does.
async fn reaching(
    ports: &Arc<Ports>,
    set: &GrantSet,
    id: &CloudId,
) -> Result<Option<Arc<GrantRecord>>, Rejection> {
    let is_there = |sites: &[Site]| sites.iter().any(|site| site.id == *id);
    if !is_there(&sites_of(ports, set).await?) && !is_there(&read_again(ports, set, YOUNG).await?) {
        return Ok(None);
    }
    Ok(Some(Arc::clone(set.to_site(id).unwrap_or(set.newest()))))
}

/// Writes the choice into the session, in up to three tries.
///
/// # Errors
///
/// [`Rejection::NotSignedIn`] if the session has ended, [`Rejection::Store`].
async fn write_choice(
    ports: &Ports,
    session: &Arc<SessionRecord>,
    id: &CloudId,
) -> Result<(), Rejection> {
    let chosen = |session: &SessionRecord| SessionRecord {
        site: Some(id.clone()),
        ..session.clone()
    };
    match session::update(ports, Arc::clone(session), chosen).await? {
        Updated::Done => Ok(()),
        Updated::Gone => Err(Rejection::NotSignedIn),
        Updated::Busy => Err(Rejection::Store(StoreError::Failed(
            "other requests changed the session each time".into(),
        ))),
    }
}
