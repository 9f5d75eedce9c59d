//! The client: on whose behalf calls are made, and how long they may wait.

use std::sync::Arc;

use crate::atlassian::error::ApiError;
use crate::atlassian::retry::RetryPolicy;
use crate::error::{ApiErrorKind, Render};
use crate::grant::Holder;
use crate::ids::AccountId;
use crate::ports::Ports;
use crate::secret::opaque_debug;

/// Atlassian's APIs on behalf of one account. Cheap to clone.
///
/// Every call uses a token that works: it is refreshed before its end, once for all who wait, and once more if Atlassian
/// does not accept it. The token goes to the API gateway of the configured environment and nowhere else.
#[derive(Clone)]
pub struct ApiClient {
    pub(crate) ports: Arc<Ports>,
    pub(crate) holder: Holder,
    visitor: Option<Arc<dyn Render>>,
    pub(crate) retry: RetryPolicy,
}

opaque_debug!(ApiClient);

impl ApiClient {
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

    /// Waits when Atlassian asks for fewer calls, instead of failing at once. For jobs; visitors should not wait.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    pub(crate) fn error(&self, kind: impl Into<ApiErrorKind>) -> ApiError {
        ApiError::new(kind.into(), self.visitor.clone())
    }
}
