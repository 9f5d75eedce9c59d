//! From an authorization code to a stored grant: the part that runs whether or not the visitor
//! waits.
//!
//! The code is exchanged once and never again (docs/decisions/0015). From then on the old tokens of
//! the account may be dead, so a consent that is refused still gives an existing grant its new
//! tokens.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};

use crate::crypto::random;
use crate::error::Reason;
use crate::flow::state_cookie::Flow;
use crate::grant::{self, Consent, HOLD};
use crate::ids::{CloudId, ConsentId, Subject};
use crate::ports::{
    Connected, FlowDetails, HookDecision, HookFailed, Ports, ProfileUnread, SignIn,
};
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::{AuthorizationCodeGrant, TokenSet, TokenType};
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::AuthorizationCode;
use crate::session;

/// How long a visitor waits for a profile that could not be read at first.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a proven callback asks for. It owns everything, because the task that works on it outlives
/// the request.
pub(crate) struct ConsentRequest {
    /// The code, and the verifier of its flow (RFC 7636).
    pub(crate) grant: AuthorizationCodeGrant,
    /// What the flow asked for; what was granted is in the answer, and may be less.
    pub(crate) scopes: Scopes,
    /// The site that the visitor wants to have granted.
    pub(crate) wished_site: Option<String>,
    /// The app's payload, for its hook.
    pub(crate) details: FlowDetails,
    pub(crate) return_to: ReturnTo,
    /// In connect mode, the user who started the flow and is signed in at the callback.
    pub(crate) subject: Option<Subject>,
    /// The only account that may come back (docs/decisions/0023).
    pub(crate) account: Option<String>,
}

impl ConsentRequest {
    /// Takes from a flow what the work needs. The verifier is copied out of the cookie here, and
    /// nowhere else.
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

/// A consent that is stored. In sign-in mode a session may begin with it.
pub(crate) struct ConsentResult {
    /// Who consented, as Atlassian says: never as the request says.
    pub(crate) profile: Arc<Profile>,
    /// The site that was wished for, if it was granted.
    pub(crate) site: Option<CloudId>,
    /// The wish, if it was not granted although the sites are known; the visitor then sees the
    /// picker.
    pub(crate) missed_site: Option<String>,
    pub(crate) return_to: ReturnTo,
    /// Whether a hook chose where the visitor goes: then no page of ours comes in between.
    pub(crate) is_led: bool,
}

/// Why a consent has no result, and what the visitor may know.
pub(crate) struct Failure {
    /// The reason for the error page.
    pub(crate) reason: Reason,
    /// What else the visitor is told.
    pub(crate) detail: FailureDetail,
    /// Whether Atlassian refused the code: it was made up, used before, or too old.
    pub(crate) is_code_refused: bool,
}

/// What a visitor is told besides the reason.
pub(crate) enum FailureDetail {
    /// Nothing.
    None,
    /// The name of the account that was chosen instead of the requested one.
    Chosen(String),
    /// The app's own words.
    Words(String),
    /// The app has a place of its own for this.
    Place(ReturnTo),
}

impl Failure {
    /// The app refused the account.
    fn by_app(detail: FailureDetail) -> Self {
        Self {
            detail,
            ..Reason::RefusedByApp.into()
        }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            detail: FailureDetail::None,
            is_code_refused: false,
        }
    }
}

/// Exchanges the code, reads the profile, gives an existing grant its new tokens, reads the sites,
/// asks the app, and stores the grant, in this order.
///
/// - The turn is given back before the app's hook and a new grant's write are waited for; refreshes have turns of
///   their own (docs/decisions/0074).
/// - The old tokens of the account may be dead from the exchange on. So an existing grant has the
///   new ones before anything else is asked that can fail, and a profile that cannot be read is
///   asked for again in the background.
/// - Without a profile there is no login: the account id of `GET /me` is the only identity
///   (docs/decisions/0013).
/// - An account that is not active gets no grant, and its sessions end (docs/attacks.md, T023).
/// - Sites that cannot be read stay unknown until they are needed; the login succeeds without them
///   (docs/decisions/0041).
/// - If the consent is refused, an existing grant has its tokens all the same, and nothing new is
///   made or linked (docs/decisions/0035).
///
/// # Errors
///
/// [`Failure`] with the reason for the error page.
pub(crate) async fn take(
    ports: &Arc<Ports>,
    asked: ConsentRequest,
    turn: OwnedSemaphorePermit,
) -> Result<ConsentResult, Failure> {
    let New {
        id,
        tokens,
        profile,
    } = exchange(ports, &asked).await.map_err(of_code)?;
    let mut consent = Consent {
        id: &id,
        profile: &profile,
        tokens: &tokens,
        asked: &asked.scopes,
        sites: None,
        subject: asked.subject.as_ref(),
        site: None,
    };
    grant::renew(ports, &consent).await;
    if !profile.is_active() {
        tracing::info!(target: "threelo", "login refused: the account is not active");
        session::account_ended(ports, &profile.account_id).await;
        return Err(Reason::Account.into());
    }
    // A failure leaves them unknown until they are needed.
    consent.sites = ports.provider.sites(&tokens).await.ok();
    drop(turn);
    let (site, missed_site) = wished(asked.wished_site.clone(), consent.sites.as_deref());
    consent.site.clone_from(&site);
    let led_to = judged(ports, &asked, &consent).await?;
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

/// A failure of the exchange.
fn of_code(reason: Reason) -> Failure {
    Failure {
        is_code_refused: reason == Reason::Refused,
        ..reason.into()
    }
}

/// What the exchange of a code brought.
struct New {
    id: ConsentId,
    tokens: TokenSet,
    profile: Arc<Profile>,
}

/// Exchanges the code and reads whose it was.
///
/// # Errors
///
/// The reason for the error page. Tokens without a profile go to their grant later.
async fn exchange(ports: &Arc<Ports>, asked: &ConsentRequest) -> Result<New, Reason> {
    // Before the exchange: a system without random bytes must not cost the tokens.
    let id = ConsentId::from_bytes(random().map_err(|_none| Reason::Unavailable)?);
    let exchanged = ports.provider.exchange_code(&asked.grant, &asked.scopes);
    let tokens = exchanged.await?;
    match profile(ports, &tokens).await {
        Ok(profile) => Ok(New {
            id,
            tokens,
            profile: Arc::new(profile),
        }),
        Err(unread) => {
            renew_when_known(ports, id, tokens, asked.scopes.clone());
            Err(unread.reason)
        }
    }
}

/// Who consented. A failure that may be over soon is tried again, for about three seconds: the
/// visitor waits, and the code cannot be exchanged again.
///
/// # Errors
///
/// [`ProfileUnread`] of the last try.
async fn profile(ports: &Ports, tokens: &TokenSet) -> Result<Profile, ProfileUnread> {
    let (began, mut pause) = (Instant::now(), Duration::from_millis(250));
    loop {
        let unread = match ports.provider.profile(tokens).await {
            Ok(profile) => return Ok(profile),
            Err(unread) => unread,
        };
        let Some(rest) = unread.again else {
            return Err(unread);
        };
        pause = pause.max(rest);
        if began.elapsed() + pause > PATIENCE {
            return Err(unread);
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// Asks for the profile in the background, for an hour, and then gives the new tokens to the grant
/// of that account, if it has one. The login itself has failed: no grant begins here, and no
/// session. A process that ends before that loses the tokens, and so does one that has a thousand such pairs already.
fn renew_when_known(ports: &Arc<Ports>, id: ConsentId, tokens: TokenSet, asked: Scopes) {
    if tokens.token_type != TokenType::Bearer {
        return;
    }
    let Ok(place) = Arc::clone(&ports.unowned).try_acquire_owned() else {
        tracing::error!(target: "threelo", "tokens were dropped: too many wait until somebody can say whose they are");
        return;
    };
    let worker = Arc::clone(ports);
    drop(ports.tasks.spawn(async move {
        let _place = place;
        let (began, mut pause) = (Instant::now(), Duration::from_secs(1));
        while began.elapsed() < HOLD {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(60));
            let Ok(profile) = worker.provider.profile(&tokens).await else {
                continue;
            };
            let consent = Consent {
                id: &id,
                profile: &Arc::new(profile),
                tokens: &tokens,
                asked: &asked,
                sites: None,
                subject: None,
                site: None,
            };
            return grant::renew(&worker, &consent).await;
        }
        tracing::error!(target: "threelo", "tokens were dropped: for an hour nobody could say whose they are");
    }));
}

/// Decides whether the consent is accepted: first whether it is of the requested account, then
/// whether another user of the app has the account, then what the app's hook says. The hook comes
/// last, so that it hears of no link that is not made, as far as that can be told now. Returns the
/// place that the hook chose, if the rules for return targets accept it.
///
/// # Errors
///
/// [`Failure`] if it is refused, or if the store cannot tell whose the account is.
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
    let place = |place: &str| ports.config.return_to.accept(place);
    let decided = ask(ports, asked, consent).await;
    let detail = match decided.map_err(|HookFailed| Reason::AppFailed)? {
        HookDecision::Continue => return Ok(None),
        HookDecision::GoTo(to) => return Ok(place(&to)),
        HookDecision::Refuse => FailureDetail::None,
        HookDecision::RefuseWith(words) => FailureDetail::Words(words),
        HookDecision::RefuseTo(to) => place(&to).map_or(FailureDetail::None, FailureDetail::Place),
    };
    tracing::info!(target: "threelo", "login refused by the app's hook");
    Err(Failure::by_app(detail))
}

/// Whether an account other than the requested one came back; the session and its grant stay as
/// they are then.
fn wrong_account(asked: &ConsentRequest, profile: &Profile) -> Option<Failure> {
    let expected = asked.account.as_deref()?;
    if expected == profile.account_id.as_str() {
        return None;
    }
    tracing::info!(target: "threelo", "an account other than the requested one was chosen");
    Some(Failure {
        reason: Reason::WrongAccount,
        detail: FailureDetail::Chosen(profile.display_name().to_owned()),
        is_code_refused: false,
    })
}

/// Asks the app's hook of this mode; without a hook the answer is [`HookDecision::Continue`].
///
/// # Errors
///
/// [`HookFailed`] if the hook does not decide.
async fn ask(
    ports: &Ports,
    asked: &ConsentRequest,
    consent: &Consent<'_>,
) -> Result<HookDecision, HookFailed> {
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

/// The wished site among those that are known, and otherwise the wish as missed. While the sites
/// are unknown it is neither granted nor missed.
fn wished(wish: Option<String>, sites: Option<&[Site]>) -> (Option<CloudId>, Option<String>) {
    let (Some(wish), Some(sites)) = (wish, sites) else {
        return (None, None);
    };
    match sites.iter().find(|site| site.is_called(&wish)) {
        Some(site) => (Some(site.id.clone()), None),
        None => (None, Some(wish)),
    }
}
