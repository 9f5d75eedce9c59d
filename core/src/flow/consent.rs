//! From an authorization code to a stored grant: the part that runs whether or not the visitor waits.

use std::sync::Arc;

use super::cookie::Flow;
use super::details::FlowDetails;
use super::grant::{self, Consent};
use super::hooks::{Connected, Next, SignIn};
use super::notice::Notice;
use super::ports::Ports;
use super::{exchange, session};
use crate::error::Reason;
use crate::ids::{CloudId, Subject};
use crate::profile::Profile;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::AuthorizationCode;
use crate::site::Site;
use crate::token::AuthorizationCodeGrant;

/// What a proven callback asks for.
pub(super) struct Asked {
    pub(super) grant: AuthorizationCodeGrant,
    pub(super) scopes: Scopes,
    pub(super) wished_site: Option<String>,
    pub(super) details: FlowDetails,
    pub(super) return_to: ReturnTo,
    /// In connect mode, who started the flow and stands at the callback.
    pub(super) subject: Option<Subject>,
    /// The only account that may come back.
    pub(super) account: Option<String>,
}

impl Asked {
    pub(super) fn new(
        ports: &Ports,
        flow: &Flow,
        (return_to, code, subject): (ReturnTo, AuthorizationCode, Option<Subject>),
    ) -> Self {
        let more = flow.more_scopes.iter().map(String::as_str);
        Self {
            grant: AuthorizationCodeGrant::new(code, flow.verifier()),
            scopes: ports.config.scopes.union(&more.collect()),
            wished_site: flow.wished_site.clone(),
            details: flow.details(),
            account: flow.account.clone(),
            return_to,
            subject,
        }
    }
}

/// A consent that is stored and may become a session.
pub(super) struct Consented {
    pub(super) profile: Arc<Profile>,
    /// The wished site, if it was granted.
    pub(super) site: Option<CloudId>,
    /// The wish, if it was not granted although the sites are known.
    pub(super) missed_site: Option<String>,
    pub(super) return_to: ReturnTo,
    /// Whether a hook chose where the visitor goes.
    pub(super) is_led: bool,
}

/// Why nothing came of a consent, and what the visitor may know.
pub(super) struct Failure {
    pub(super) reason: Reason,
    pub(super) notice: Option<Notice>,
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        let notice = None;
        Self { reason, notice }
    }
}

/// Exchanges the code, reads profile and sites, asks the app, stores the grant.
pub(super) async fn take(ports: &Arc<Ports>, asked: Asked) -> Result<Consented, Failure> {
    let Ok(_turn) = ports.exchanges.acquire().await else {
        return Err(Reason::Unavailable.into());
    };
    let tokens = exchange::code(ports, &asked.grant, &asked.scopes).await?;
    let profile = Arc::new(exchange::profile(ports, &tokens).await?);
    if !profile.is_active() {
        tracing::info!(target: "threelo", "login refused: the account is not active");
        session::account_ended(ports, &profile.account_id).await;
        return Err(Reason::Account.into());
    }
    // A failure leaves them unknown until they are needed.
    let sites = exchange::sites(ports, &tokens).await.ok();
    let (site, missed_site) = wished(asked.wished_site.clone(), sites.as_deref());
    let consent = Consent {
        profile: &profile,
        tokens: &tokens,
        asked: &asked.scopes,
        sites,
        subject: asked.subject.as_ref(),
        site: site.clone(),
    };
    let led_to = match judged(ports, &asked, &consent).await {
        Ok(led_to) => led_to,
        Err(failure) => {
            grant::renew(ports, &consent).await;
            return Err(failure);
        }
    };
    grant::store(ports, &consent).await?;
    tracing::info!(target: "threelo", "consent stored");
    Ok(Consented {
        site,
        missed_site,
        is_led: led_to.is_some(),
        return_to: led_to.unwrap_or(asked.return_to),
        profile,
    })
}

/// Whether the consent is of the account that was asked for and of the app's liking; and where the app's hook leads.
async fn judged(
    ports: &Ports,
    asked: &Asked,
    consent: &Consent<'_>,
) -> Result<Option<ReturnTo>, Failure> {
    if let Some(failure) = wrong_account(asked, consent.profile) {
        return Err(failure);
    }
    // The app hears of no link that will not be made, as far as that can be told now.
    if grant::is_taken(ports, consent).await? {
        return Err(Reason::LinkedElsewhere.into());
    }
    match ask(ports, asked, consent).await {
        Next::Continue => Ok(None),
        Next::GoTo(place) => Ok(ports.config.return_to.accept(&place)),
        Next::Refuse => Err(Reason::Refused.into()),
    }
}

fn wrong_account(asked: &Asked, profile: &Profile) -> Option<Failure> {
    let expected = asked.account.as_deref()?;
    if expected == profile.account_id.as_str() {
        return None;
    }
    tracing::info!(target: "threelo", "another account was chosen than the one that was asked for");
    Some(Failure {
        reason: Reason::WrongAccount,
        notice: Some(Notice::WrongAccount {
            expected: String::new(),
            chosen: profile.display_name().to_owned(),
        }),
    })
}

/// Asks the app's hook; without one it is [`Next::Continue`].
async fn ask(ports: &Ports, asked: &Asked, consent: &Consent<'_>) -> Next {
    let sign_in = SignIn {
        profile: Arc::clone(consent.profile),
        scopes: consent.tokens.scopes.clone(),
        sites: consent.sites.clone(),
        details: asked.details.clone(),
        return_to: asked.return_to.clone(),
    };
    match &asked.subject {
        None => ports.hooks.login(sign_in).await,
        Some(subject) => {
            let connected = Connected::new(subject.clone(), sign_in);
            ports.hooks.connected(connected).await
        }
    }
}

/// The wished site among those that are known; and the wish, if it is not among them.
fn wished(wish: Option<String>, sites: Option<&[Site]>) -> (Option<CloudId>, Option<String>) {
    let (Some(wish), Some(sites)) = (wish, sites) else {
        return (None, None);
    };
    match sites.iter().find(|site| site.is_called(&wish)) {
        Some(site) => (Some(site.id.clone()), None),
        None => (None, Some(wish)),
    }
}
