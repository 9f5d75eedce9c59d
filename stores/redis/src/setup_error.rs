//! What can be wrong at start-up, and what to do.

use std::fmt;

/// What Redis or its driver said.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a store cannot be used.
///
/// The text says what to do; the cause, if there is one, is the `source`. `Debug` prints both in one line, because that is what
/// a `main` that returns an error prints. No text contains a password.
///
/// # Examples
///
/// ```
/// use threelo_redis::{RedisStore, RedisSetupError};
///
/// # #[tokio::main]
/// # async fn main() {
/// let error = RedisStore::connect("postgres://db.internal/app").await.unwrap_err();
///
/// assert!(matches!(error, RedisSetupError::Address(_)));
/// assert!(error.to_string().contains("redis://"));
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RedisSetupError {
    /// An address is not one of Redis, or one that this build does not support: `rediss://` needs the feature `rustls` of this
    /// crate. Or a certificate or key is not PEM.
    #[error(
        "use an address such as redis://user:password@host:6379/0, or rediss:// with the feature \"rustls\" of threelo-redis and certificates in PEM"
    )]
    Address(#[source] Cause),
    /// With Sentinels, there is not exactly one address, whose host is the name of the primary.
    #[error(
        "with Sentinels, give one address, whose host is the name under which they know the primary: redis://user:password@mymaster/0"
    )]
    Sentinels,
    /// The app has installed no crypto provider of rustls, and the feature `rustls`, which brings one, is off.
    #[error(
        "TLS needs a crypto provider: install one first, as in rustls::crypto::ring::default_provider().install_default(), or turn on the feature \"rustls\" of threelo-redis"
    )]
    NoCryptoProvider,
    /// Keys cannot begin with this prefix.
    #[error("the key prefix {0:?} is not 1 to 64 letters, digits, ':', '-' and '_'")]
    Prefix(String),
    /// Redis cannot be reached, does not answer in time, or refuses this user.
    #[error("redis cannot be used: check its address, user, password, and that it is running")]
    Unreachable(#[source] Cause),
    /// Redis is older than the commands in the scripts.
    #[error("redis is version {0}: threelo needs 7.0 or newer")]
    TooOld(String),
    /// This is one node of a cluster, and other nodes serve a part of the keys; or a part is served by none.
    #[error(
        "redis does not serve all slots at this address: turn on the feature \"cluster\" of threelo-redis, and see that the cluster is complete"
    )]
    Cluster(#[source] Cause),
    /// What is stored was changed by a newer version of this crate in such a way that this one cannot use it. It is left as it is.
    #[error(
        "the keys in redis have version {found}, but this program knows version {known}: update the program"
    )]
    Newer {
        /// The version of the keys.
        found: String,
        /// The newest version that this program can use.
        known: u32,
    },
    /// Fewer replicas acknowledged a write than [`wait_for_replicas`](crate::RedisBuilder::wait_for_replicas) asks for.
    #[error("redis has too few replicas that acknowledge writes: start them, or ask for fewer")]
    TooFewReplicas(#[source] Cause),
    /// Redis can be reached, but not written to: it is a replica, or the user may not run scripts or write these keys.
    #[error(
        "redis accepts no writes: give the address of the primary, and a user that may run scripts and write keys that begin with the prefix"
    )]
    ReadOnly(#[source] Cause),
}

/// Prints the text and the text of the cause, separated by a colon.
impl fmt::Debug for RedisSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match std::error::Error::source(self) {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}
