//! From an authorization code to a stored grant: the part that runs whether or not the visitor waits.

use std::sync::Arc;

use crate::error::Reason;
use crate::flow::state_cookie::Flow;
use crate::grant::{self, Consent};
use crate::ids::{CloudId, Subject};
use crate::ports::{Connected, FlowDetails, HookDecision, Ports, SignIn};
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::AuthorizationCodeGrant;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::AuthorizationCode;
use crate::session;

/// What a proven callback asks for.
pub(crate) struct ConsentRequest {
    pub(crate) grant: AuthorizationCodeGrant,
    pub(crate) scopes: Scopes,
    pub(crate) wished_site: Option<String>,
    pub(crate) details: FlowDetails,
    pub(crate) return_to: ReturnTo,
    /// In connect mode, who started the flow and stands at the callback.
    pub(crate) subject: Option<Subject>,
    /// The only account that may come back.
    pub(crate) account: Option<String>,
}

impl ConsentRequest {
    pub(crate) fn new(
        ports: &Ports,
        flow: &Flow,
        return_to: ReturnTo,
        code: AuthorizationCode,
        subject: Option<Subject>,
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
pub(crate) struct ConsentResult {
    pub(crate) profile: Arc<Profile>,
    /// The wished site, if it was granted.
    pub(crate) site: Option<CloudId>,
    /// The wish, if it was not granted although the sites are known.
    pub(crate) missed_site: Option<String>,
    pub(crate) return_to: ReturnTo,
    /// Whether a hook chose where the visitor goes.
    pub(crate) is_led: bool,
}

/// Why nothing came of a consent, and what the visitor may know.
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// The name of the account that was chosen instead of the one that was asked for.
    pub(crate) chosen: Option<String>,
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        let chosen = None;
        Self { reason, chosen }
    }
}

/// Exchanges the code, reads profile and sites, asks the app, stores the grant.
pub(crate) async fn take(
    ports: &Arc<Ports>,
    asked: ConsentRequest,
) -> Result<ConsentResult, Failure> {
    let Ok(_turn) = ports.exchanges.acquire().await else {
        return Err(Reason::Unavailable.into());
    };
    let tokens = ports
        .provider
        .exchange_code(&asked.grant, &asked.scopes)
        .await?;
    let profile = Arc::new(ports.provider.profile(&tokens).await?);
    if !profile.is_active() {
        tracing::info!(target: "threelo", "login refused: the account is not active");
        session::account_ended(ports, &profile.account_id).await;
        return Err(Reason::Account.into());
    }
    // A failure leaves them unknown until they are needed.
    let sites = ports.provider.sites(&tokens).await.ok();
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
    Ok(ConsentResult {
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
    asked: &ConsentRequest,
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
        HookDecision::Continue => Ok(None),
        HookDecision::GoTo(place) => Ok(ports.config.return_to.accept(&place)),
        HookDecision::Refuse => Err(Reason::Refused.into()),
    }
}

fn wrong_account(asked: &ConsentRequest, profile: &Profile) -> Option<Failure> {
    let expected = asked.account.as_deref()?;
    if expected == profile.account_id.as_str() {
        return None;
    }
    tracing::info!(target: "threelo", "another account was chosen than the one that was asked for");
    Some(Failure {
        reason: Reason::WrongAccount,
        chosen: Some(profile.display_name().to_owned()),
    })
}

/// Asks the app's hook; without one it is [`HookDecision::Continue`].
async fn ask(ports: &Ports, asked: &ConsentRequest, consent: &Consent<'_>) -> HookDecision {
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
