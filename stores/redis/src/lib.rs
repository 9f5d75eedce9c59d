//! Keeps the sessions, grants and spent states of [threelo](https://docs.rs/threelo) in Redis 7.0 or newer, for any number of
//! instances. threelo seals everything except for keys before it gets here.
//!
//! # Getting started
//!
//! In `Cargo.toml`, beside `threelo` or one of its adapters:
//!
//! ```toml
//! [dependencies]
//! threelo-redis = "0.1"
//! ```
//!
//! Connect, and hand the store to the builder:
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use threelo::AuthBuilder;
//! use threelo_redis::RedisStore;
//!
//! let store = RedisStore::connect("redis://:secret@redis.internal:6379").await?;
//! let auth = AuthBuilder::from_env().store(Arc::new(store)).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! There is nothing to migrate. Connecting also checks that Redis is new enough and accepts writes; whatever is wrong is a
//! [`RedisSetupError`] at start-up, and its text says what to do.
//!
//! # Redis as a store
//!
//! Grants hold refresh tokens, which cannot be fetched again: a lost grant is a user who has to consent again. Redis is a store
//! only if it is configured as one:
//!
//! ```text
//! appendonly yes
//! maxmemory-policy noeviction
//! ```
//!
//! Without these settings, [`connect`](RedisStore::connect) logs a warning if its user may run `INFO`. With them, a crash may still
//! lose the writes of the last second (`appendfsync everysec`).
//!
//! # Addresses
//!
//! | what there is | what to write |
//! |---|---|
//! | one server, or a proxy | `RedisStore::connect("redis://user:password@host:6379/0")` |
//! | several, of which one is the primary | the addresses, separated by commas; with two primaries, the first of the list counts |
//! | Sentinels | `RedisStore::builder("redis://user:password@mymaster/0").sentinels("redis://s1:26379,redis://s2:26379")` |
//! | a cluster | the address of one node or several, and the feature `cluster` of this crate |
//! | TLS | `rediss://`, and the feature `rustls`; `root_certificates` and `client_certificate` of [`RedisBuilder`] for certificates of your own |
//!
//! The feature `rustls` uses the crypto provider that the app has installed; if there is none when a store connects, it installs
//! aws-lc-rs. An app that installs another one does so first, or turns on `rustls-no-provider` instead: then a store without a
//! provider is an error ([`RedisSetupError::NoCryptoProvider`]).
//!
//! # Failover
//!
//! Redis answers before a write has reached a replica. When a replica becomes the primary, the writes that it has not got are
//! taken back, mostly those of the last milliseconds, or of the whole time that a primary was cut off:
//!
//! - **A refresh**: the row has the refresh token from before, which is spent. Atlassian accepts it again for ten minutes, so the
//!   grant survives if it is used within that time; tokens are refreshed before they end, so a grant in use is.
//! - **A consent**: the user connects again. **A session**: the user signs in again.
//! - **A sign-out**: the session works again until it ends. **A spent state**: it is no use, because Atlassian accepts a code once.
//!
//! [`wait_for_replicas`](RedisBuilder::wait_for_replicas) makes a write an error unless replicas have it, and nothing that was
//! acknowledged is lost. `min-replicas-to-write 1` in Redis itself keeps a primary that was cut off from accepting writes.
//!
//! # Keys
//!
//! A store in a database needs sealing keys: the variable `THREELO_KEYS`, or `AuthBuilder::keys`. Without them, `build` returns
//! an error. A key is an id and at least 32 random bytes in base64. This makes one, to be kept with the other secrets of the
//! app:
//!
//! ```console
//! $ echo "THREELO_KEYS=k1:$(openssl rand -base64 32)"
//! ```
//!
//! Rows that are sealed with a lost key cannot be opened: their users have to sign in and consent again.
//! The documentation of `Auth::rekey` describes how to change keys while the app runs.
//!
//! # Several instances
//!
//! All instances of an app use the same Redis, the same prefix and the same keys. Nothing else is shared between them, and any
//! instance can serve any request. Several apps can share a Redis, each with a prefix of its own
//! ([`connect_with_prefix`](RedisStore::connect_with_prefix)).
//!
//! # What a caller can rely on
//!
//! - **A row is written atomically.** A script compares its version and writes it, completely or not at all.
//! - **Lists contain every row.** The sets of keys that lists are read from are written before the row, and for grants again
//!   after it. They may name a row that is gone or belongs to another owner, so each row is checked when a list is read.
//! - **`delete_of` is not atomic**: rows are deleted one by one, and after an error some may be left.
//! - **Of concurrent calls that spend one mark**, Redis lets exactly one be the first.
//! - **Clock**: leases are measured by the clock of Redis, which is the same for all instances. Sessions and marks get their end
//!   from the app's clock, and Redis deletes them by its own.
//! - **Time limits**: Redis has three seconds for each answer, and for each attempt to connect. A call that writes a grant needs
//!   several answers.
//! - **An error does not mean that nothing was changed.** Redis may have carried a command out although its answer was lost.
//!   The cause of a [`StoreError`](threelo::store::StoreError) is a `redis::RedisError`; no store here is ever
//!   [full](threelo::store::StoreError::Full).
//! - **A caller that hangs up** leaves a row as it was or completely written. A command that was sent is carried out.
//! - **After an outage**, calls work again without a restart, even if another server answers at the same address.
//!
//! # Layout
//!
//! With the default prefix:
//!
//! | key | type | holds |
//! |---|---|---|
//! | `threelo:session:{key}` | hash | a session: `v` version, `o` owner, `u` subjects (none), `s` sealed content |
//! | `threelo:grant:{key}` | hash | a grant, with the same fields |
//! | `threelo:session-of:{owner}` | set | keys of an account's sessions |
//! | `threelo:grant-of:{owner}` | set | keys of an account's grants |
//! | `threelo:grant-by:{subject}` | set | keys of the grants that are linked to a user of the app |
//! | `threelo:grant-owners` | sorted set | all owners of grants |
//! | `threelo:mark:{mark}` | string | a spent state |
//! | `threelo:lease:{key}` | string | which instance refreshes a grant; expires an hour after its last write |
//! | `threelo:schema` | string | the version of the keys, if it is not 1 |
//! | `threelo:leases` | sorted set | the keys of the leases above, for two hours at most |
//!
//! In clear are: the Atlassian account id of a session; the origin of the authorization server, the client id and the account
//! id of a grant; versions, and what is in a lease slot. Session tokens, subjects and marks are stored as hashes; names, e-mail
//! addresses and Atlassian's tokens only in the sealed content.
//!
//! Sessions and marks expire, a minute after their end: Redis is told how long to keep them, not until when, so its clock may
//! differ from those of the instances. The sets of sessions expire with them. Grants do not expire; they stay until the account is
//! deleted or disconnected.
//!
//! # Rights
//!
//! A user with these rights is enough, given in one line:
//!
//! ```text
//! ACL SETUSER app on >secret ~threelo:* resetchannels -@all
//!   +hello +auth +select +evalsha +script|load +time
//!   +get +set +del +exists +pexpire +pttl +persist
//!   +hset +hmget +sadd +srem +smembers +scard +zadd +zrem +zrange +zremrangebyscore +zrangebylex
//! ```
//!
//! `+info` lets [`check`](RedisStore::check) see whether Redis keeps what it is given. A cluster needs `+cluster|slots +asking` as
//! well, and [`wait_for_replicas`](RedisBuilder::wait_for_replicas) needs `+wait`.
//!
//! # Cluster
//!
//! Every command and every script touches one key. With the feature `cluster`, the store follows the slots of a cluster and its
//! failovers. Without it, a node that does not serve all slots is refused at start-up ([`RedisSetupError::Cluster`]); a proxy in
//! front of a cluster is a single server.

mod builder;
mod certificates;
mod check;
#[cfg(feature = "cluster")]
mod cluster;
mod connection;
mod keys;
mod link;
mod nodes;
mod rows;
mod scripts;
mod server;
mod sets;
mod setup_error;
mod store;
mod wire;

pub use self::builder::RedisBuilder;
pub use self::setup_error::RedisSetupError;
pub use self::store::RedisStore;

/// The time limit for an answer, and for an attempt to connect.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(3);
