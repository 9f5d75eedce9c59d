//! How to connect, where that takes more than an address.

use std::fmt;

use crate::certificates::Certificates;
use crate::link::Link;
use crate::nodes::Nodes;
use crate::setup_error::RedisSetupError;
use crate::store::RedisStore;

/// Connects to a Redis that takes more than one address: several nodes, Sentinels, certificates of its own, replicas that have to
/// acknowledge. [`RedisStore::builder`] makes one.
///
/// # Examples
///
/// A primary that three Sentinels know as `mymaster`:
///
/// ```no_run
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// use threelo_redis::RedisStore;
///
/// let store = RedisStore::builder("redis://app:secret@mymaster/0")
///     .sentinels("redis://s1.internal:26379,redis://s2.internal:26379,redis://s3.internal:26379")
///     .wait_for_replicas(1)
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct RedisBuilder {
    addresses: String,
    sentinels: String,
    prefix: String,
    replicas: u32,
    certificates: Certificates,
}

/// Shows no address, which may contain a password, and no key.
impl fmt::Debug for RedisBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBuilder")
            .field("prefix", &self.prefix)
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Connects to `redis://user:password@host:port/database`, with keys that begin with `threelo:`, and [checks](Self::check)
    /// Redis. There may be several addresses, separated by commas: nodes of which one is the primary, or nodes of a cluster.
    /// [`builder`](Self::builder) takes Sentinels and certificates.
    ///
    /// The store speaks RESP3, with which it notices that an idle connection was closed. For a proxy that does not speak it, add
    /// `?protocol=resp2` to the address; the first call after an idle connection was closed fails then.
    ///
    /// `rediss://` connects with TLS, if the feature `rustls` of this crate is on.
    ///
    /// # Errors
    ///
    /// [`RedisSetupError::Address`], [`RedisSetupError::Unreachable`], and those of [`check`](Self::check).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo_redis::RedisStore;
    ///
    /// let one = RedisStore::connect("redis://:secret@redis.internal:6379").await?;
    /// let several = RedisStore::connect("redis://a.internal,redis://b.internal").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, RedisSetupError> {
        Self::builder(url).connect().await
    }

    /// Connects as [`connect`](Self::connect) does, but with another prefix for the keys: 1 to 64 letters, digits, `:`, `-` and
    /// `_`; a colon is put after it. Several apps can share a Redis if each has a prefix of its own.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and [`RedisSetupError::Prefix`].
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, RedisSetupError> {
        Self::builder(url).prefix(prefix).connect().await
    }

    /// Begins with the address, or several separated by commas, and takes what an address cannot say.
    ///
    /// Nothing is connected, and no address is read, before [`connect`](RedisBuilder::connect).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://redis.internal:6379")
    ///     .prefix("my-app")
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(addresses: &str) -> RedisBuilder {
        RedisBuilder::new(addresses)
    }
}

impl RedisBuilder {
    /// Begins with addresses that are not read yet.
    pub(crate) fn new(addresses: &str) -> Self {
        Self {
            addresses: addresses.to_owned(),
            sentinels: String::new(),
            prefix: "threelo".to_owned(),
            replicas: 0,
            certificates: Certificates::default(),
        }
    }

    /// What the keys begin with, instead of `threelo`: 1 to 64 letters, digits, `:`, `-` and `_`; a colon is put after it.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The addresses of the [Sentinels](https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/), separated by
    /// commas: `redis://user:password@host:26379`, where user and password are those of the Sentinel. The host of the store's own
    /// address is then the name under which they know the primary, its port is not used, and its user, password and database are
    /// those of Redis.
    ///
    /// The Sentinels are asked one after another, each for a second at most, when the store connects and whenever the connection
    /// is lost or turns out to lead to a replica.
    pub fn sentinels(mut self, addresses: &str) -> Self {
        addresses.clone_into(&mut self.sentinels);
        self
    }

    /// How many replicas have to acknowledge each write (`WAIT`), within a second. A write that fewer have acknowledged is an
    /// error, although the primary has carried it out. 0, the default, waits for none.
    ///
    /// Without it, a failover takes back the writes that had not reached the new primary; the [front page](crate#failover) says
    /// what is lost then. With it, as long as fewer replicas than this are there, nobody can sign in and no token is refreshed.
    /// Writes have a connection of their own, so that reads do not wait for replicas.
    pub fn wait_for_replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    /// The certificates, in PEM, of the authorities that may have signed the certificate of Redis and of the Sentinels. Those
    /// that the system trusts are then not trusted. For `rediss://`, with the feature `rustls` or `rustls-no-provider`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("rediss://app:secret@redis.internal:6380/0")
    ///     .root_certificates(&std::fs::read("ca.pem")?)
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "rustls-no-provider")]
    pub fn root_certificates(mut self, pem: &[u8]) -> Self {
        self.certificates.roots = Some(pem.to_vec());
        self
    }

    /// The certificate of this app, with its chain, and its private key, both in PEM, for a Redis that asks for one
    /// (`tls-auth-clients`). For `rediss://`, with the feature `rustls` or `rustls-no-provider`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("rediss://redis.internal:6380")
    ///     .root_certificates(&std::fs::read("ca.pem")?)
    ///     .client_certificate(&std::fs::read("app.pem")?, &std::fs::read("app.key")?)
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "rustls-no-provider")]
    pub fn client_certificate(mut self, certificate: &[u8], key: &[u8]) -> Self {
        self.certificates.client = Some(redis::ClientTlsConfig {
            client_cert: certificate.to_vec(),
            client_key: key.to_vec(),
        });
        self
    }

    /// Connects, and [checks](RedisStore::check) Redis.
    ///
    /// # Errors
    ///
    /// Every [`RedisSetupError`].
    pub async fn connect(self) -> Result<RedisStore, RedisSetupError> {
        let nodes = Nodes::parse(&self.addresses, &self.sentinels, &self.certificates)?;
        let unreachable = |error: redis::RedisError| match error.kind() {
            redis::ErrorKind::InvalidClientConfig => RedisSetupError::Address(error.into()),
            _ => RedisSetupError::Unreachable(error.into()),
        };
        let reads = Link::to(nodes.clone()).await.map_err(unreachable)?;
        let writes = match self.replicas {
            0 => reads.clone(),
            _ => Link::to(nodes).await.map_err(unreachable)?,
        };
        let store = RedisStore::over(reads, &self.prefix)?.with_writes(writes, self.replicas);
        store.check().await?;
        Ok(store)
    }
}
