//! The client: on whose behalf calls are made, and how long they may wait.

use std::sync::Arc;

use crate::atlassian::error::ApiError;
use crate::atlassian::retry::RetryPolicy;
use crate::error::{ApiErrorKind, Render};
use crate::grant::Holder;
use crate::ids::AccountId;
use crate::ports::Ports;
use crate::secret::opaque_debug;

/// Atlassian's APIs on behalf of one account, or of one user of the app in connect mode. Cheap to clone.
///
/// Every call uses a token that works: it is refreshed before its end, once for all callers who wait, and once
/// more if Atlassian does not accept it. The token goes to the API gateway of the configured environment and
/// nowhere else. The client holds no token itself: if the account is disconnected while it exists, its calls
/// fail with [`ConsentNeeded`](crate::ApiErrorKind::ConsentNeeded), on other instances after five minutes at
/// most.
///
/// A session gives one to a handler (`AuthSession::atlassian`), a stored grant gives one to a job:
///
/// ```no_run
/// # async fn nightly(auth: threelo::Auth, account: threelo::AccountId) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use threelo::atlassian::RetryPolicy;
///
/// let grant = auth.grants().of(&account).await?;
/// let atlassian = grant.client().retry(RetryPolicy::up_to(Duration::from_secs(60)));
/// for site in grant.sites().await?.iter() {
///     let me: serde_json::Value = atlassian.jira(site).get("/rest/api/3/myself").json().await?;
///     println!("{me}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ApiClient {
    /// What calls are made with.
    pub(crate) ports: Arc<Ports>,
    /// Whose grants are used; checked again at each call.
    pub(crate) holder: Holder,
    /// Renders a failure for the visitor of the current request; `None` outside of requests.
    visitor: Option<Arc<dyn Render>>,
    /// Whether calls wait and are made again.
    pub(crate) retry: RetryPolicy,
}

opaque_debug!(ApiClient);

impl ApiClient {
    /// A client that does not wait.
    pub(crate) fn new(ports: Arc<Ports>, holder: Holder, visitor: Option<Arc<dyn Render>>) -> Self {
        Self {
            ports,
            holder,
            visitor,
            retry: RetryPolicy::none(),
        }
    }

    /// The account on whose behalf calls are made.
    pub fn account_id(&self) -> &AccountId {
        &self.holder.account
    }

    /// Waits when Atlassian asks for fewer calls, instead of failing immediately. For jobs: a visitor should
    /// rather see an error page with the time to come back.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// An error that knows the visitor of this client.
    pub(crate) fn error(&self, kind: impl Into<ApiErrorKind>) -> ApiError {
        ApiError::new(kind.into(), self.visitor.clone())
    }
}
