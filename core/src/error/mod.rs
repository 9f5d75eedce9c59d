//! Every failure that a visitor or a caller can meet, with its status and its stable code.
//!
//! A failure becomes HTTP here and in the replies of `web`, and nowhere else (docs/decisions/0006). Texts are in lower
//! case, without a full stop, and contain neither secrets nor bodies of Atlassian's responses (docs/attacks.md T208,
//! T212). The cause travels as `source`, so that an operator finds it in the log.

mod api;
mod causes;
mod grant;
mod reason;
mod rejection;
mod render;
mod response;
mod scopes;

pub use self::api::ApiErrorKind;
pub(crate) use self::causes::Causes;
pub use self::grant::{ConsentNeeded, GrantError};
pub use self::reason::Reason;
pub use self::rejection::Rejection;
pub(crate) use self::render::Render;
pub use self::response::RejectionResponse;
pub(crate) use self::response::{log, without_visitor};
pub(crate) use self::scopes::KnownScopes;
pub use self::scopes::{MissingScope, MissingScopeReason};
