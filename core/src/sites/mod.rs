//! Which site a request works on. Never chosen silently among several.

use std::sync::Arc;
use std::time::Duration;

use crate::config::AccessType;
use crate::error::Rejection;
use crate::grant::{self, GrantSet, Holder, OLD, is_older, keep};
use crate::ids::CloudId;
use crate::ports::{Ports, SitesUnread};
use crate::provider::site::Site;
use crate::refresh::{self, Need};
use crate::session::{self, Updated};
use crate::store::{GrantRecord, SessionRecord, StoreError};

/// Sites that were read this lately are not read again before a refusal.
const YOUNG: Duration = Duration::from_secs(10);

/// What came of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The holder works on that site now.
    Made,
    /// The grant does not set that site; nothing is changed.
    NotReachable,
}

/// Which site a request means.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SiteSelection<'a> {
    /// The site that the session chose.
    pub chosen: Option<&'a CloudId>,
    /// The site that the request names: an address, a host or a cloud id. It comes before what was chosen.
    pub named: Option<&'a str>,
}

/// The site of a request: the one that it names, else the one chosen, else the only one. Before it says no, it reads the
/// sites again.
///
/// # Errors
///
/// [`Rejection::UnknownSite`], [`Rejection::NoSite`], [`Rejection::ChooseSite`], [`Rejection::SiteGone`],
/// [`Rejection::SitesUnknown`], and those of [`GrantSet::load`].
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
    pick(&sites, selection)
}

/// The site that a request names or its session chose, if the grant reached it when this process read it less than five
/// minutes ago. Only the store knows whether an account that chose nothing has one site or, by now, several.
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

/// The sites that a holder reaches, each once; those that nobody could read at the consent are read now.
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

/// The same, read anew at Atlassian where what is known is older than `age`. Where Atlassian does not answer, what is
/// known stays.
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

/// A consent that ended does not hide what other consents of the account set.
fn unless_ended(
    sites: Result<Arc<[Site]>, Rejection>,
    set: &GrantSet,
) -> Result<Option<Arc<[Site]>>, Rejection> {
    match sites {
        Err(Rejection::ConsentNeeded(_)) if set.living().next().is_some() => Ok(None),
        sites => sites.map(Some),
    }
}

/// Whether it is time to read a grant's sites again. Of those who ask at once, one reads; and after a try that failed
/// nobody tries for a while.
fn is_time(ports: &Ports, grant: &GrantRecord, age: Duration) -> bool {
    is_older(ports, grant, age)
        && (age.is_zero() || ports.site_throttle.allow(&grant.key, ports.now(), age))
}

/// The same, of sites that are shown: not older than a quarter of an hour.
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

/// Whether a site that a call could not set is gone; the sites are read again to tell.
pub(crate) async fn is_gone(ports: &Arc<Ports>, holder: &Holder, id: &CloudId) -> bool {
    let Ok(set) = GrantSet::load(ports, holder).await else {
        return false;
    };
    match read_again(ports, &set, YOUNG).await {
        Ok(sites) => sites.iter().all(|site| site.id != *id),
        Err(_) => false,
    }
}

fn merged(lists: Vec<Arc<[Site]>>) -> Arc<[Site]> {
    match <[Arc<[Site]>; 1]>::try_from(lists) {
        Ok([only]) => only,
        Err(lists) => {
            crate::provider::site::merged(lists.iter().flat_map(|list| list.iter().cloned())).into()
        }
    }
}

/// Reads the sites of a grant and keeps them.
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

/// Lets a session work on a site, and remembers it for the account's next browsers.
///
/// # Errors
///
/// Those of [`site_for`]; [`Rejection::NotSignedIn`] if the session ended meanwhile.
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
    // A convenience for the next login: when the store is busy, it may be forgotten.
    let _ = grant::change(ports, &grant.key, |stored| {
        Some(GrantRecord {
            last_site: Some(id.clone()),
            ..stored.clone()
        })
    })
    .await;
    Ok(Choice::Made)
}

/// The same in connect mode, for a user of the app and one of their accounts.
///
/// # Errors
///
/// Those of [`site_for`]; [`Rejection::NotConnected`] if the link is gone.
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
            "the session is written too often".into(),
        ))),
    }
}
