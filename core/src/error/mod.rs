//! Every failure that a visitor or a caller can meet, with its status: the only place with statuses of ours.

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
