//! Which site a request works on. Never chosen silently among several.

use std::sync::Arc;

use super::exchange::{self, Unread};
use super::ports::Ports;
use super::refresh::{self, Need};
use crate::error::Rejection;
use crate::ids::CloudId;
use crate::site::Site;
use crate::store::{GrantRecord, Replaced, SessionRecord};

/// What came of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The session works on that site now.
    Made,
    /// The grant does not reach that site; nothing is changed.
    NotReachable,
}

/// The grant behind a session, whether its token works or not.
///
/// # Errors
///
/// [`Rejection::ConsentNeeded`] if it is gone, [`Rejection::Store`] if nobody can tell.
pub(crate) async fn grant_of(
    ports: &Ports,
    session: &SessionRecord,
) -> Result<Arc<GrantRecord>, Rejection> {
    Ok(refresh::load(ports, &ports.grant_key(session.account())).await?)
}

/// The site of a request: the one that it names, else the session's, else the only one.
///
/// # Errors
///
/// [`Rejection::UnknownSite`], [`Rejection::NoSite`], [`Rejection::ChooseSite`], [`Rejection::SitesUnknown`], and
/// those of [`grant_of`].
pub(crate) async fn site_for(
    ports: &Arc<Ports>,
    session: &SessionRecord,
    wish: Option<&str>,
) -> Result<Site, Rejection> {
    let grant = grant_of(ports, session).await?;
    let sites = known_sites(ports, &grant).await?;
    if let Some(wish) = wish {
        return sites
            .iter()
            .find(|site| site.is_called(wish))
            .cloned()
            .ok_or(Rejection::UnknownSite);
    }
    let chosen = session.site.as_ref().or(grant.last_site.as_ref());
    if let Some(chosen) = chosen {
        return sites
            .iter()
            .find(|site| site.id == *chosen)
            .cloned()
            .ok_or(Rejection::ChooseSite);
    }
    match &*sites {
        [] => Err(Rejection::NoSite),
        [only] => Ok(only.clone()),
        _ => Err(Rejection::ChooseSite),
    }
}

/// The sites of a grant; if nobody could read them at the login, they are read now.
///
/// # Errors
///
/// [`Rejection::SitesUnknown`], and those of [`refresh::fresh`].
pub(crate) async fn known_sites(
    ports: &Arc<Ports>,
    grant: &GrantRecord,
) -> Result<Arc<[Site]>, Rejection> {
    if let Some(sites) = &grant.sites {
        return Ok(Arc::clone(sites));
    }
    let mut fresh = refresh::fresh(ports, &grant.key, Need::Working).await?;
    let mut read = exchange::sites(ports, &fresh.tokens).await;
    if read == Err(Unread::Refused) {
        let newer = Need::NewerThan(fresh.generation);
        fresh = refresh::fresh(ports, &grant.key, newer).await?;
        read = exchange::sites(ports, &fresh.tokens).await;
    }
    let sites = read.map_err(|_unread| Rejection::SitesUnknown)?;
    let record = GrantRecord {
        sites: Some(Arc::clone(&sites)),
        sites_read_at: ports.now(),
        version: fresh.version + 1,
        ..GrantRecord::clone(&fresh)
    };
    // On a conflict somebody else knows more; the next request reads that.
    let _ = ports
        .grants
        .replace(fresh.version, Arc::new(record))
        .await?;
    Ok(sites)
}

/// Lets a session work on a site, and remembers it for the account's next browsers.
///
/// # Errors
///
/// Those of [`grant_of`] and [`site_for`]; [`Rejection::NotSignedIn`] if the session ended meanwhile.
pub(crate) async fn choose(
    ports: &Arc<Ports>,
    session: &SessionRecord,
    id: &CloudId,
) -> Result<Choice, Rejection> {
    let grant = grant_of(ports, session).await?;
    if !known_sites(ports, &grant)
        .await?
        .iter()
        .any(|site| site.id == *id)
    {
        return Ok(Choice::NotReachable);
    }
    write_choice(ports, session, id).await?;
    let remembered = GrantRecord {
        last_site: Some(id.clone()),
        version: grant.version + 1,
        ..(*grant).clone()
    };
    // A convenience for the next login: when somebody else wrote the grant, it may be forgotten.
    let _ = ports
        .grants
        .replace(grant.version, Arc::new(remembered))
        .await?;
    Ok(Choice::Made)
}

async fn write_choice(
    ports: &Ports,
    session: &SessionRecord,
    id: &CloudId,
) -> Result<(), Rejection> {
    for _ in 0..3 {
        let stored = ports
            .sessions
            .load(&session.key)
            .await?
            .ok_or(Rejection::NotSignedIn)?;
        let chosen = SessionRecord {
            site: Some(id.clone()),
            version: stored.version + 1,
            ..SessionRecord::clone(&stored)
        };
        if ports
            .sessions
            .replace(stored.version, Arc::new(chosen))
            .await?
            == Replaced::Done
        {
            return Ok(());
        }
    }
    Err(Rejection::Store(crate::store::StoreError::Failed(
        "the session is written too often".into(),
    )))
}
