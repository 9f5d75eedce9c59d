//! From an authorization code to a stored grant: the part that runs whether or not the visitor waits.

use std::sync::Arc;

use super::cookie::Flow;
use super::details::FlowDetails;
use super::hooks::{Next, SignIn};
use super::ports::Ports;
use super::{exchange, grant};
use crate::error::Reason;
use crate::ids::CloudId;
use crate::profile::Profile;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::AuthorizationCode;
use crate::site::Site;
use crate::token::{AuthorizationCodeGrant, TokenSet};

/// What a proven callback asks for.
pub(super) struct Asked {
    grant: AuthorizationCodeGrant,
    more_scopes: Vec<String>,
    wished_site: Option<String>,
    details: FlowDetails,
    return_to: ReturnTo,
}

impl Asked {
    pub(super) fn new(flow: &Flow, return_to: ReturnTo, code: AuthorizationCode) -> Self {
        Self {
            grant: AuthorizationCodeGrant::new(code, flow.verifier()),
            more_scopes: flow.more_scopes.clone(),
            wished_site: flow.wished_site.clone(),
            details: flow.details(),
            return_to,
        }
    }
}

/// A consent that is stored and may become a session.
pub(super) struct Consented {
    pub(super) profile: Arc<Profile>,
    /// The wished site, if it was granted.
    pub(super) site: Option<CloudId>,
    pub(super) return_to: ReturnTo,
}

/// Exchanges the code, reads profile and sites, asks the app, stores the grant.
pub(super) async fn take(ports: &Arc<Ports>, asked: Asked) -> Result<Consented, Reason> {
    let requested = ports.config.scopes.union(
        &asked
            .more_scopes
            .iter()
            .map(String::as_str)
            .collect::<Scopes>(),
    );
    let Ok(_turn) = ports.exchanges.acquire().await else {
        return Err(Reason::Unavailable);
    };
    let tokens = exchange::code(ports, &asked.grant, &requested).await?;
    let profile = Arc::new(exchange::profile(ports, &tokens).await?);
    if !profile.is_active() {
        tracing::info!(target: "threelo", "login refused: the account is not active");
        return Err(Reason::Account);
    }
    // A failure leaves them unknown until they are needed.
    let sites = exchange::sites(ports, &tokens).await.ok();

    let mut return_to = asked.return_to.clone();
    match ports
        .hooks
        .login(sign_in(&asked, &profile, &tokens, sites.as_ref()))
        .await
    {
        Next::Continue => {}
        Next::GoTo(place) => return_to = ports.config.return_to.accept(&place).unwrap_or(return_to),
        Next::Refuse => {
            // The old tokens may be dead by now: an existing grant gets the new ones, a new grant is not made.
            grant::renew(ports, &profile.account_id, &tokens, sites).await;
            return Err(Reason::Refused);
        }
    }
    grant::store(ports, &profile.account_id, &tokens, sites.clone()).await?;
    tracing::info!(target: "threelo", "consent stored");
    Ok(Consented {
        site: wished(asked.wished_site.as_deref(), sites.as_deref()),
        profile,
        return_to,
    })
}

fn sign_in(
    asked: &Asked,
    profile: &Arc<Profile>,
    tokens: &TokenSet,
    sites: Option<&Arc<[Site]>>,
) -> SignIn {
    SignIn {
        profile: Arc::clone(profile),
        scopes: tokens.scopes.clone(),
        sites: sites.cloned(),
        details: asked.details.clone(),
        return_to: asked.return_to.clone(),
    }
}

fn wished(wish: Option<&str>, sites: Option<&[Site]>) -> Option<CloudId> {
    let (wish, sites) = (wish?, sites?);
    sites
        .iter()
        .find(|site| site.is_called(wish))
        .map(|site| site.id.clone())
}
