//! Internal names for the tests and benchmarks of this workspace. Nothing here is stable, and no app or store needs it.
//!
//! An app uses the names at the root of the crate, a store the module [`store`](crate::store), and an adapter the
//! module `adapter`. What only tests need is here, so that it does not widen that surface.

pub use crate::config::{
    BrowserOrigin, Browsers, Config, CookiePolicy, Lifetimes, Mode, Remember, SiteRelation,
    session_key,
};
pub use crate::crypto::key_ring::{KeyRing, KeyRingError, Purpose, SealError, Unopenable};
pub use crate::ids::{
    ConsentId, FlowState, FlowStateHash, MarkKey, SessionToken, SessionTokenHash,
};
pub use crate::message::{cookie, query};
pub use crate::provider::{authorization, profile, site, token};
pub use crate::return_to::ReturnToRules;
pub use crate::sealed::Sealed;
pub use crate::secret::{AuthorizationCode, ClientSecret, CodeVerifier, Keys, RefreshToken};
pub use crate::store::{
    AppKey, Attempts, ConsentMark, FlowMarks, GrantKey, GrantRecord, GrantStore, Lease, LeaseOwner,
    LeaseRequest, LeaseRow, Link, MemoryFlowMarks, MemoryGrants, MemorySessions, Renewed,
    SessionRecord, SessionStore, UnknownFields,
};
