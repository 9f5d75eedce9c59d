//! Why a call failed, and what the app's own visitor is told.

use std::fmt;

use std::sync::Arc;

use crate::error::{self, ApiErrorKind, Causes, Rejection, RejectionResponse, Render};

/// Why a call to an API of Atlassian failed, with the id under which Atlassian's support finds it. Never the body.
pub struct ApiError {
    kind: Box<ApiErrorKind>,
    trace_id: Option<String>,
    visitor: Option<Arc<dyn Render>>,
}

impl ApiError {
    pub(crate) fn new(kind: ApiErrorKind, visitor: Option<Arc<dyn Render>>) -> Self {
        Self {
            kind: Box::new(kind),
            trace_id: None,
            visitor,
        }
    }

    pub(crate) fn traced(mut self, trace_id: Option<String>) -> Self {
        self.trace_id = trace_id;
        self
    }

    /// What happened.
    pub fn kind(&self) -> &ApiErrorKind {
        &self.kind
    }

    pub(crate) fn into_kind(self) -> ApiErrorKind {
        *self.kind
    }

    /// Atlassian's `atl-traceid`, to quote in a support request.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// What it means for the app's own visitor, and the answer to them in the form that fits their request: to Atlassian and back where a consent
    /// is needed, a page that asks for the missing scope, or what happened and when to try again. Outside a request
    /// it is a line of text.
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
