//! Settings of both modes that limit what clients and this process may do at a time.

use std::future::Future;

use crate::auth::builder::Builder;
use crate::ports::{BoxError, CodeExchange, LimitDecision, boxed};

impl<M> Builder<M> {
    /// Says how the address of a client is known: behind this many proxies, each of which adds the address that it sees at
    /// the end of `X-Forwarded-For`. With 0 it is the peer of the connection: actix-web knows it, other apps add a
    /// [`PeerAddress`](crate::adapter::PeerAddress) to their requests. Unless set, no address is read at all. If it is set and
    /// a callback has no address, that is logged once, as a warning.
    ///
    /// With it, one client (an IPv4 address or an IPv6 network of 56 bits) has at most a tenth of the places in which codes
    /// are exchanged, and waits for up to a minute after 20 codes that Atlassian refused: the answer is 429 with
    /// `Retry-After`, and the flow goes on. Without it the places are shared by all (docs/decisions/0085). The address
    /// decides about nothing else. A number that is too low takes your own proxy for the client of everybody; one that is
    /// too high believes what clients write.
    ///
    /// ```
    /// # fn build() -> Result<(), threelo::BuildError> {
    /// # use threelo::{Auth, Credentials};
    /// // A load balancer, and nginx behind it.
    /// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
    ///     .trusted_proxies(2)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusted_proxies(mut self, count: usize) -> Self {
        self.common.settings.trusted_proxies = Some(count);
        self
    }

    /// Called before a code is exchanged, for a limit of the app's own, such as one that all its instances share. The limits
    /// of this process hold beside it (docs/decisions/0085).
    ///
    /// Nothing is spent yet: a visitor who is told to wait goes on with the same flow. It is called again when they come back,
    /// and for a callback that is repeated. An error, a panic, and no answer within 5 seconds count as
    /// [`LimitDecision::Continue`], so that a limiter that is down keeps nobody out.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use threelo::{Auth, BoxError, CodeExchange, Credentials, LimitDecision};
    ///
    /// /// How often the address came within the last minute, as Redis knows it.
    /// async fn count(exchange: &CodeExchange) -> Result<u32, BoxError> {
    /// #     let _ = exchange;
    ///     // …
    /// #     Ok(0)
    /// }
    ///
    /// # fn main() -> Result<(), threelo::BuildError> {
    /// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
    ///     .trusted_proxies(1)
    ///     .limit_exchanges(|exchange| async move {
    ///         Ok(match count(&exchange).await? {
    ///             0..60 => LimitDecision::Continue,
    ///             _ => LimitDecision::RetryAfter(Duration::from_secs(60)),
    ///         })
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit_exchanges<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(CodeExchange) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<LimitDecision, BoxError>> + Send + 'static,
    {
        self.common.hooks.limit_exchanges = boxed(hook);
        self
    }

    /// How many refreshes this process sends concurrently: 1 to 1000; 32 unless set. Each takes as
    /// long as Atlassian's answer, a fraction of a second as a rule, so that 32 renew the tokens of
    /// about a hundred grants per second. Logins are counted apart: neither stops the other.
    pub fn concurrent_refreshes(mut self, most: usize) -> Self {
        self.common.settings.concurrent_refreshes = most;
        self
    }

    /// How many pairs of new tokens may wait until `/me` says whose they are, for tests; 1000 unless set. Further ones are dropped,
    /// with an error in the log.
    #[cfg(feature = "testing")]
    pub fn unowned_tokens(mut self, most: usize) -> Self {
        self.common.unowned = Some(most);
        self
    }
}
