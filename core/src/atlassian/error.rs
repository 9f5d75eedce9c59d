//! Why a call failed, and what the app's own visitor is told.

use std::fmt;

use std::sync::Arc;

use crate::atlassian::messages::ApiMessages;
use crate::error::{self, ApiErrorKind, Causes, Rejection, RejectionResponse, Render};
use crate::http_client::HttpClientError;

/// Why a call to an API of Atlassian failed, with the id under which Atlassian's support finds it. What Atlassian
/// wrote is in its [`messages`](Self::messages) and in no text of the error.
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
pub struct ApiError(Box<Parts>);

/// Boxed, because errors travel in results.
struct Parts {
    /// What happened.
    kind: ApiErrorKind,
    /// The id of the answer, if there was one.
    trace_id: Option<String>,
    /// The method and the path without its variable parts; empty if no call was put together.
    call: String,
    /// What Atlassian wrote.
    messages: ApiMessages,
    /// Why there was no answer.
    cause: Option<HttpClientError>,
    /// Who renders it for the visitor; `None` outside of a request.
    visitor: Option<Arc<dyn Render>>,
}

impl ApiError {
    /// A failure without an answer.
    pub(crate) fn new(kind: ApiErrorKind, visitor: Option<Arc<dyn Render>>) -> Self {
        Self(Box::new(Parts {
            kind,
            trace_id: None,
            call: String::new(),
            messages: ApiMessages::default(),
            cause: None,
            visitor,
        }))
    }

    /// Adds which call it was.
    pub(crate) fn of_call(mut self, call: String) -> Self {
        self.0.call = call;
        self
    }

    /// Adds what Atlassian wrote.
    pub(crate) fn with_messages(mut self, messages: ApiMessages) -> Self {
        self.0.messages = messages;
        self
    }

    /// Adds why there was no answer.
    pub(crate) fn caused_by(mut self, cause: HttpClientError) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// Adds the id of the answer.
    pub(crate) fn traced(mut self, trace_id: Option<String>) -> Self {
        self.0.trace_id = trace_id;
        self
    }

    /// What happened.
    pub fn kind(&self) -> &ApiErrorKind {
        &self.0.kind
    }

    /// What Atlassian wrote about a call that it did not accept ([`ApiErrorKind::Refused`]): which field is wrong, and why.
    /// Empty for every other kind.
    pub fn messages(&self) -> &ApiMessages {
        &self.0.messages
    }

    /// The kind alone, for callers with a reply of their own; the failure is logged.
    pub(crate) fn into_kind(self) -> ApiErrorKind {
        self.log();
        self.0.kind
    }

    /// One line, as a warning: without content, and without what was sent.
    fn log(&self) {
        let Parts {
            kind,
            trace_id,
            call,
            cause,
            ..
        } = &*self.0;
        let trace_id = trace_id.as_deref().unwrap_or("-");
        let cause = cause.as_ref().map(|cause| Causes(cause).to_string());
        let cause = cause.as_deref().unwrap_or("-");
        tracing::warn!(target: "threelo", call, error = %Causes(kind), cause, trace_id, "a call to Atlassian failed");
    }

    /// Atlassian's `atl-traceid`, or its `atl-request-id`, to quote in a support request; `None` if no answer
    /// arrived.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// What the failure means for the app's own visitor, with the answer to them in the form that fits their
    /// request: to Atlassian and back where a consent is needed, a page that asks for the missing scope, or a
    /// page that says what happened and when to try again. Outside of a request it is a line of text.
    ///
    /// It is logged once, as a warning: the method, the path without its variable parts, the kind, and the trace id.
    pub fn into_rejection_response(self) -> RejectionResponse {
        self.log();
        let Parts { kind, visitor, .. } = *self.0;
        let rejection = Rejection::from(kind);
        match visitor {
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
            .field("kind", &self.0.kind)
            .field("trace_id", &self.0.trace_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    /// The kind's own text, with the trace id in parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)?;
        match &self.0.trace_id {
            Some(id) => write!(f, " (trace {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Some(cause) => Some(cause),
            None => self.0.kind.source(),
        }
    }
}
