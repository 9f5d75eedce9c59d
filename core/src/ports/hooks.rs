//! The app's part in a login: hooks that may refuse it, let it wait or choose where it leads.
//!
//! A hook for consents runs at most once per flow, in the task of the exchange, so it finishes even
//! if the visitor hangs up. The hook for cancelled flows runs in the request, and again if the
//! cancelled callback is repeated before its cookie is gone (docs/decisions/0077).

use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::error::Causes;
use crate::ids::{AccountId, Subject};
use crate::ports::details::FlowDetails;
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::opaque_debug;

/// Any error of the app. Its text goes to the log, with its causes, and is not shown to visitors.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// How long a hook may take; a visitor waits for it (docs/attacks.md, T230).
const DEADLINE: Duration = Duration::from_secs(5);

/// What a login brought, before there is a session. Given to
/// [`AuthBuilder::on_login`](crate::AuthBuilder::on_login).
///
/// ```
/// use threelo::{BoxError, HookDecision, SignIn};
///
/// async fn on_login(sign_in: SignIn) -> Result<HookDecision, BoxError> {
///     println!("{} signs in as {}", sign_in.account_id(), sign_in.profile.display_name());
///     let reaches_a_site = sign_in.sites.is_none_or(|sites| !sites.is_empty());
///     Ok(if reaches_a_site { HookDecision::Continue } else { HookDecision::GoTo("/no-site".to_owned()) })
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignIn {
    /// Who signed in at Atlassian. Everything in it but the account id can be chosen by its owner.
    pub profile: Arc<Profile>,
    /// What was granted; it may be less than was asked for.
    pub scopes: Scopes,
    /// The sites that are reachable; `None` if they could not be read, which does not mean that
    /// there are none.
    pub sites: Option<Arc<[Site]>>,
    /// What the app gave to the flow.
    pub details: FlowDetails,
    /// Where the visitor will go, unless the hook decides otherwise.
    pub return_to: ReturnTo,
}

impl SignIn {
    /// The stable key of the account: the one to store.
    pub fn account_id(&self) -> &AccountId {
        &self.profile.account_id
    }
}

/// An Atlassian account that a user of the app is about to connect. Given to
/// [`ConnectBuilder::on_connected`](crate::ConnectBuilder::on_connected).
///
/// ```
/// use threelo::{BoxError, Connected, HookDecision};
///
/// async fn on_connected(connected: Connected) -> Result<HookDecision, BoxError> {
///     println!("{} connects {}", connected.subject, connected.account_id());
///     Ok(HookDecision::Continue)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connected {
    /// The app's user, who started the flow and is still signed in.
    pub subject: Subject,
    /// Who consented at Atlassian; perhaps not the person that the app knows (docs/attacks.md,
    /// T014).
    pub profile: Arc<Profile>,
    /// What was granted; it may be less than was asked for.
    pub scopes: Scopes,
    /// The sites that are reachable; `None` if they could not be read, which does not mean that
    /// there are none.
    pub sites: Option<Arc<[Site]>>,
    /// What the app gave to the flow.
    pub details: FlowDetails,
    /// Where the visitor will go, unless the hook decides otherwise.
    pub return_to: ReturnTo,
}

impl Connected {
    /// The consent of a flow that this user started.
    pub(crate) fn new(subject: Subject, consent: SignIn) -> Self {
        Self {
            subject,
            profile: consent.profile,
            scopes: consent.scopes,
            sites: consent.sites,
            details: consent.details,
            return_to: consent.return_to,
        }
    }

    /// The stable key of the account: the one to store.
    pub fn account_id(&self) -> &AccountId {
        &self.profile.account_id
    }
}

/// A flow that the visitor cancelled at Atlassian, in the browser that started it. Given to
/// [`AuthBuilder::on_cancel`](crate::AuthBuilder::on_cancel).
///
/// ```
/// use threelo::{BoxError, Cancelled, HookDecision};
///
/// async fn on_cancel(cancelled: Cancelled) -> Result<HookDecision, BoxError> {
///     println!("cancelled on the way to {}", cancelled.return_to.as_str());
///     Ok(HookDecision::GoTo("/welcome".to_owned()))
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cancelled {
    /// What the app gave to the flow.
    pub details: FlowDetails,
    /// Where the visitor would have gone.
    pub return_to: ReturnTo,
}

/// What happens after a hook.
///
/// ```
/// use threelo::HookDecision;
///
/// fn first_steps(is_new: bool) -> HookDecision {
///     if is_new {
///         HookDecision::GoTo("/welcome".to_owned())
///     } else {
///         HookDecision::Continue
///     }
/// }
///
/// assert_eq!(first_steps(false), HookDecision::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookDecision {
    /// What would have happened without the hook.
    #[default]
    Continue,
    /// The visitor goes to this place of the app instead. A target that the rules for return
    /// targets do not accept counts as [`HookDecision::Continue`].
    GoTo(String),
    /// No session begins, and nothing new is stored or linked; the visitor sees the error page with
    /// [`Reason::RefusedByApp`](crate::Reason::RefusedByApp). After a cancelled flow the same as
    /// [`HookDecision::Continue`], and so are the other refusals.
    Refuse,
    /// The same, with the app's own words for the visitor: plain text, of which the first 500
    /// characters are shown on the error page, and are `detail` of its JSON. The words are not in
    /// the address: a sealed cookie carries them there, for five minutes. Whoever uses the browser
    /// next may read them, so that they should name nobody.
    RefuseWith(String),
    /// The same, but the visitor goes to this place of the app instead of the error page. A target
    /// that the rules for return targets do not accept counts as [`HookDecision::Refuse`].
    RefuseTo(String),
}

/// A code that is about to be exchanged for tokens. Given to
/// [`AuthBuilder::limit_exchanges`](crate::AuthBuilder::limit_exchanges).
///
/// The browser has shown that it began the flow, and nothing else: the code may be made up.
///
/// ```
/// use threelo::CodeExchange;
///
/// /// What the app counts by.
/// fn key(exchange: &CodeExchange) -> String {
///     match exchange.client {
///         Some(address) => format!("exchanges:{address}"),
///         None => "exchanges:unknown".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodeExchange {
    /// The address of the client, as [`trusted_proxies`](crate::AuthBuilder::trusted_proxies) says; `None` without that
    /// setting, and where no address was found.
    pub client: Option<IpAddr>,
    /// In connect mode, the app's user.
    pub subject: Option<Subject>,
    /// What the app gave to the flow.
    pub details: FlowDetails,
}

/// What the app's own limit says.
///
/// ```
/// use std::time::Duration;
///
/// use threelo::LimitDecision;
///
/// fn decide(tokens_left: u32) -> LimitDecision {
///     match tokens_left {
///         0 => LimitDecision::RetryAfter(Duration::from_secs(10)),
///         _ => LimitDecision::Continue,
///     }
/// }
///
/// assert_eq!(decide(1), LimitDecision::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitDecision {
    /// The code is exchanged, unless another limit forbids it.
    #[default]
    Continue,
    /// The answer is 429 with `Retry-After` in whole seconds, at least one and at most as long as a flow lives. The flow
    /// stays, and the page comes back by itself.
    RetryAfter(Duration),
}

/// A hook of the app, boxed: called with what happened, it decides what comes next.
pub(crate) type Hook<T, D = HookDecision> =
    Arc<dyn Fn(T) -> Pin<Box<dyn Future<Output = Result<D, BoxError>> + Send>> + Send + Sync>;

/// A hook that did not decide: it failed, panicked, or took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HookFailed;

/// The app's hooks; an absent one decides [`HookDecision::Continue`].
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    /// Sign-in mode: at the end of a login.
    pub(crate) on_login: Option<Hook<SignIn>>,
    /// Connect mode: before an account is linked.
    pub(crate) on_connected: Option<Hook<Connected>>,
    /// Both modes: after Cancel.
    pub(crate) on_cancel: Option<Hook<Cancelled>>,
    /// Both modes: before a code is exchanged.
    pub(crate) limit_exchanges: Option<Hook<CodeExchange, LimitDecision>>,
}

opaque_debug!(Hooks);

/// Boxes a hook of the app.
pub(crate) fn boxed<T, D, F, Fut>(hook: F) -> Option<Hook<T, D>>
where
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<D, BoxError>> + Send + 'static,
{
    Some(Arc::new(move |about| Box::pin(hook(about))))
}

impl Hooks {
    /// Asks the app at the end of a login.
    ///
    /// # Errors
    ///
    /// [`HookFailed`] without a decision: then nothing may begin.
    pub(crate) async fn login(&self, sign_in: SignIn) -> Result<HookDecision, HookFailed> {
        ask("on_login", self.on_login.as_ref(), sign_in).await
    }

    /// Asks the app before an account is linked.
    ///
    /// # Errors
    ///
    /// [`HookFailed`] without a decision: then nothing may be linked.
    pub(crate) async fn connected(&self, connected: Connected) -> Result<HookDecision, HookFailed> {
        ask("on_connected", self.on_connected.as_ref(), connected).await
    }

    /// Tells the app of a cancelled flow; a hook that fails changes nothing.
    pub(crate) async fn cancel(&self, cancelled: Cancelled) -> HookDecision {
        let decided = ask("on_cancel", self.on_cancel.as_ref(), cancelled).await;
        decided.unwrap_or_default()
    }

    /// Asks the app whether a code may be exchanged now; a hook that fails changes nothing.
    pub(crate) async fn limit(&self, exchange: CodeExchange) -> LimitDecision {
        let hook = self.limit_exchanges.as_ref();
        ask("limit_exchanges", hook, exchange)
            .await
            .unwrap_or_default()
    }
}

/// Calls a hook and waits five seconds at most. A failure is logged with its causes, by the name of
/// the hook. A panic of the hook is a failure like any other.
async fn ask<T, D: Default>(
    name: &'static str,
    hook: Option<&Hook<T, D>>,
    about: T,
) -> Result<D, HookFailed> {
    let Some(hook) = hook else {
        return Ok(D::default());
    };
    // The future is made inside, because making it may panic, too.
    let asked = AssertUnwindSafe(async { hook(about).await }).catch_unwind();
    match tokio::time::timeout(DEADLINE, asked).await {
        Ok(Ok(Ok(next))) => return Ok(next),
        Ok(Err(_panic)) => {
            tracing::error!(target: "threelo", hook = name, "the app's hook panicked");
        }
        Ok(Ok(Err(error))) => {
            tracing::error!(target: "threelo", hook = name, error = %Causes(&*error), "the app's hook failed");
        }
        Err(_) => {
            tracing::error!(target: "threelo", hook = name, "the app's hook did not answer within 5 s");
        }
    }
    Err(HookFailed)
}
