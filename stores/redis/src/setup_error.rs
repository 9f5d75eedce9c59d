//! Why a store cannot be used.

use std::fmt;

/// What Redis said.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a store cannot be used. Its `Debug` is its `Display`, because that is what `main` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The address is none of Redis.
    #[error("give an address such as redis://user:password@host:6379/0")]
    Address(#[source] Cause),
    /// The prefix cannot stand before keys.
    #[error("the key prefix {0:?} is not 1 to 64 letters, digits, ':', '-' and '_'")]
    Prefix(String),
    /// Redis cannot be reached, or does not let us in.
    #[error("redis cannot be used: check its address, user, password and that it runs")]
    Unreachable(#[source] Cause),
    /// It is older than what the scripts need.
    #[error("redis is version {0}: threelo needs 7.0 or newer")]
    TooOld(String),
    /// It is one node of several of a cluster.
    #[error(
        "redis has not all slots at this address: give that of a single primary, or of a proxy to the whole cluster"
    )]
    Cluster(#[source] Cause),
    /// It takes no writes.
    #[error(
        "redis takes no writes: give the address of the primary, and a user who may run scripts and write keys that begin with the prefix"
    )]
    ReadOnly(#[source] Cause),
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match std::error::Error::source(self) {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}
