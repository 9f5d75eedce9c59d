//! Where the app takes part in a login.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::{AccountId, Subject};
use crate::ports::details::FlowDetails;
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::opaque_debug;

/// Any error of the app.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A hook has this long; then the login is refused.
const DEADLINE: Duration = Duration::from_secs(5);

/// What a login brought, before there is a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignIn {
    /// Who signed in at Atlassian.
    pub profile: Arc<Profile>,
    /// What was granted.
    pub scopes: Scopes,
    /// The sites that are reachable; `None` if they could not be read.
    pub sites: Option<Arc<[Site]>>,
    /// What the app gave to the flow.
    pub details: FlowDetails,
    /// Where the visitor will go.
    pub return_to: ReturnTo,
}

impl SignIn {
    /// The stable key of the account.
    pub fn account_id(&self) -> &AccountId {
        &self.profile.account_id
    }
}

/// An Atlassian account that a user of the app is about to connect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connected {
    /// The app's user.
    pub subject: Subject,
    /// Who consented at Atlassian.
    pub profile: Arc<Profile>,
    /// What was granted.
    pub scopes: Scopes,
    /// The sites that are reachable; `None` if they could not be read.
    pub sites: Option<Arc<[Site]>>,
    /// What the app gave to the flow.
    pub details: FlowDetails,
    /// Where the visitor will go.
    pub return_to: ReturnTo,
}

impl Connected {
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

    /// The stable key of the account.
    pub fn account_id(&self) -> &AccountId {
        &self.profile.account_id
    }
}

/// A flow that the visitor cancelled at Atlassian.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cancelled {
    /// What the app gave to the flow.
    pub details: FlowDetails,
    /// Where the visitor would have gone.
    pub return_to: ReturnTo,
}

/// What happens after a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookDecision {
    /// What would have happened without the hook.
    #[default]
    Continue,
    /// The visitor goes to this place of the app instead; a target that is not allowed counts as [`HookDecision::Continue`].
    GoTo(String),
    /// No session, and nothing new is stored. After a cancelled flow the same as [`HookDecision::Continue`].
    Refuse,
}

pub(crate) type Hook<T> = Arc<
    dyn Fn(T) -> Pin<Box<dyn Future<Output = Result<HookDecision, BoxError>> + Send>> + Send + Sync,
>;

/// The app's hooks.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) on_login: Option<Hook<SignIn>>,
    pub(crate) on_connected: Option<Hook<Connected>>,
    pub(crate) on_cancel: Option<Hook<Cancelled>>,
}

opaque_debug!(Hooks);

/// A hook of the app, boxed.
pub(crate) fn boxed<T, F, Fut>(hook: F) -> Option<Hook<T>>
where
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<HookDecision, BoxError>> + Send + 'static,
{
    Some(Arc::new(move |about| Box::pin(hook(about))))
}

impl Hooks {
    /// Asks the app; its failure and its silence are refusals.
    pub(crate) async fn login(&self, sign_in: SignIn) -> HookDecision {
        ask(
            "on_login",
            self.on_login.as_ref(),
            sign_in,
            HookDecision::Refuse,
        )
        .await
    }

    /// The same before an account is linked.
    pub(crate) async fn connected(&self, connected: Connected) -> HookDecision {
        let hook = self.on_connected.as_ref();
        ask("on_connected", hook, connected, HookDecision::Refuse).await
    }

    /// Tells the app; its failure and its silence change nothing.
    pub(crate) async fn cancel(&self, cancelled: Cancelled) -> HookDecision {
        ask(
            "on_cancel",
            self.on_cancel.as_ref(),
            cancelled,
            HookDecision::Continue,
        )
        .await
    }
}

async fn ask<T>(
    name: &'static str,
    hook: Option<&Hook<T>>,
    about: T,
    on_failure: HookDecision,
) -> HookDecision {
    let Some(hook) = hook else {
        return HookDecision::Continue;
    };
    match tokio::time::timeout(DEADLINE, hook(about)).await {
        Ok(Ok(next)) => next,
        Ok(Err(_)) => {
            tracing::error!(target: "threelo", hook = name, "the app's hook failed");
            on_failure
        }
        Err(_) => {
            tracing::error!(target: "threelo", hook = name, "the app's hook did not answer within 5 s");
            on_failure
        }
    }
}
