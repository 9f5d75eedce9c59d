//! Why a call failed, and what the app's own visitor is told.

use std::fmt;

use std::sync::Arc;

use crate::error::{self, ApiErrorKind, Causes, Rejection, RejectionResponse, Render};

/// Why a call to an API of Atlassian failed, with the id under which Atlassian's support finds it. It never
/// contains the body.
///
/// A handler can return it as it is: adapters render it for the visitor through
/// [`into_rejection_response`](Self::into_rejection_response). A job looks at its kind:
///
/// ```no_run
/// # async fn read(atlassian: threelo::ApiClient, site: threelo::Site) -> Result<(), threelo::ApiError> {
/// use threelo::ApiErrorKind;
///
/// match atlassian.jira(&site).get("/rest/api/3/issue/AD-1").send().await {
///     Ok(answer) => println!("{}", answer.status()),
///     Err(error) => match error.kind() {
///         ApiErrorKind::NotFound => println!("no such issue, or not for this account"),
///         ApiErrorKind::ConsentNeeded(needed) => println!("ask the user: {}", needed.reason.as_str()),
///         _ => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
pub struct ApiError {
    /// What happened; boxed, because it travels in results.
    kind: Box<ApiErrorKind>,
    /// The id of the answer, if there was one.
    trace_id: Option<String>,
    /// Who renders it for the visitor; `None` outside of a request.
    visitor: Option<Arc<dyn Render>>,
}

impl ApiError {
    /// A failure without an answer.
    pub(crate) fn new(kind: ApiErrorKind, visitor: Option<Arc<dyn Render>>) -> Self {
        Self {
            kind: Box::new(kind),
            trace_id: None,
            visitor,
        }
    }

    /// Adds the id of the answer.
    pub(crate) fn traced(mut self, trace_id: Option<String>) -> Self {
        self.trace_id = trace_id;
        self
    }

    /// What happened.
    pub fn kind(&self) -> &ApiErrorKind {
        &self.kind
    }

    /// The kind alone, for callers with a reply of their own.
    pub(crate) fn into_kind(self) -> ApiErrorKind {
        *self.kind
    }

    /// Atlassian's `atl-traceid`, or its `atl-request-id`, to quote in a support request; `None` if no answer
    /// arrived.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// What the failure means for the app's own visitor, with the answer to them in the form that fits their
    /// request: to Atlassian and back where a consent is needed, a page that asks for the missing scope, or a
    /// page that says what happened and when to try again. Outside of a request it is a line of text.
    ///
    /// It is logged as a warning, with the trace id.
    pub fn into_rejection_response(self) -> RejectionResponse {
        let trace_id = self.trace_id.as_deref().unwrap_or("-");
        tracing::warn!(target: "threelo", error = %Causes(&*self.kind), trace_id, "a call to Atlassian failed");
        let rejection = Rejection::from(*self.kind);
        match self.visitor {
            Some(visitor) => visitor.render(rejection),
            None => {
                let reply = error::without_visitor(&rejection);
                RejectionResponse::new(rejection, reply)
            }
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("kind", &self.kind)
            .field("trace_id", &self.trace_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    /// The kind's own text, with the trace id in parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &self.trace_id {
            Some(id) => write!(f, " (trace {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}
