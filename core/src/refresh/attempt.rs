//! One refresh, from the lease to the stored pair. It runs in a task of its own.
//!
//! The order is what protects the grant: take the lease, load again, send, store, and only then tell the
//! callers. A crash at any point leaves either the old pair, which Atlassian accepts again for ten minutes, or
//! the new one in the store.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::crypto::random;
use crate::error::{Causes, ConsentNeeded};
use crate::grant::{self, HOLD};
use crate::ports::{Failure, Outcome, Phase, Ports, RefreshError};
use crate::provider::token::TokenSet;
use crate::refresh::commit;
use crate::store::{
    Attempts, ConsentReason, GrantKey, GrantRecord, Lease, LeaseOwner, LeaseRequest, Renewed,
};

/// How long Atlassian accepts a refresh token again after its first use (`docs/protocol.md`, section 3.1).
const LEEWAY: Duration = Duration::from_secs(10 * 60);
/// The failure for "not now": waiters may come back after a second.
const LATER: Failure = Failure::NotNow(Duration::from_secs(1));

/// A refresh in progress.
pub(crate) struct Attempt {
    /// What it works with.
    ports: Arc<Ports>,
    /// The grant.
    key: GrantKey,
    /// The generation that is to be replaced. If another one is stored, the work is done.
    stale: u64,
    /// The random number under which it holds the lease; drawn once, at the first request.
    owner: Option<LeaseOwner>,
    /// When the lease was last asked for. It is taken before the call, so the lease ends no earlier than its
    /// life after this.
    leased_at: Instant,
    /// When an answer was first missing, so that the token may be spent.
    lost_at: Option<SystemTime>,
    /// Tells the waiters how far it is.
    phase: watch::Sender<Phase>,
}

impl Attempt {
    /// A refresh of the generation of `record`. Nothing happens before [`run`](Self::run).
    pub(crate) fn new(
        ports: Arc<Ports>,
        record: &GrantRecord,
        phase: watch::Sender<Phase>,
    ) -> Self {
        Self {
            ports,
            key: record.key.clone(),
            stale: record.generation,
            owner: None,
            leased_at: Instant::now(),
            lost_at: None,
            phase,
        }
    }

    /// Tells all waiters; those that come later see it too.
    pub(crate) fn tell(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Refreshes until there is an outcome.
    ///
    /// After a lost answer the same token is sent again for as long as the leeway lasts, whether or not a
    /// caller still waits, because its successor may be known to Atlassian only
    /// (`docs/decisions/0047-chase-lost-answers.md`). The pauses grow from 0.2 to 30 seconds; waiters are told
    /// to come back later after the second failure. Without a lost answer a failure ends the attempt, and the
    /// next request starts another one.
    ///
    /// The lease is given back at the end. If an answer is still missing then, the slot remembers it for those
    /// that come next.
    pub(crate) async fn run(&mut self) -> Outcome {
        let mut tries = 0;
        loop {
            let outcome = self.once().await;
            let is_open = matches!(outcome, Err(Failure::NotNow(_) | Failure::Store));
            if !is_open || !self.is_chased() {
                if let Ok(record) = &outcome {
                    self.ports.refresh.cache.put(record, self.ports.now());
                }
                self.release(!is_open || self.lost_at.is_none()).await;
                if let Ok(record) = &outcome {
                    grant::read_if_old(&self.ports, record);
                }
                return outcome;
            }
            if tries > 0 {
                self.tell(Phase::Late);
            }
            sleep(pause(tries)).await;
            tries += 1;
        }
    }

    /// Whether an answer is missing and the leeway has not passed.
    fn is_chased(&self) -> bool {
        let age = |at| self.ports.now().duration_since(at).unwrap_or_default();
        self.lost_at.is_some_and(|at| age(at) < LEEWAY)
    }

    /// One try: takes the lease, loads the grant again, sends its refresh token, and stores the result.
    ///
    /// Nothing is sent if another generation is stored by now, or without a refresh token. As many
    /// refreshes run concurrently as the builder's `concurrent_refreshes` says; the others wait here with their
    /// lease, and renew it before they send.
    ///
    /// # Errors
    ///
    /// [`Failure`]; after a lost answer the time is noted in `lost_at`.
    async fn once(&mut self) -> Outcome {
        if self.lost_at.is_none() {
            let admitted = self.ports.refresh.circuit_breaker.admit(self.ports.now());
            admitted.map_err(Failure::NotNow)?;
        }
        let attempts = match self.lease().await? {
            Turn::Ours(attempts) => attempts,
            Turn::Theirs(record) => return commit::outcome_of(record),
        };
        let record = commit::load(&self.ports, &self.key).await?;
        if record.generation != self.stale {
            return commit::outcome_of(record);
        }
        let Some(token) = &record.tokens.refresh_token else {
            return Err(Failure::Consent(ConsentNeeded {
                reason: ConsentReason::NoRefreshToken,
                since: None,
            }));
        };
        let ports = Arc::clone(&self.ports);
        let turn = ports.refreshes.acquire().await;
        self.lease_outlasts_an_answer().await?;
        let answer = ports.provider.refresh(token, &record.tokens.scopes).await;
        drop(turn);
        match answer {
            Ok(tokens) => {
                self.ports.refresh.circuit_breaker.record_success();
                self.keep(&record, &tokens).await
            }
            Err(RefreshError::Refused) => self.refused(&record, attempts).await,
            Err(RefreshError::Lost) => {
                self.lost_at.get_or_insert(self.ports.now());
                Err(LATER)
            }
            Err(RefreshError::NotNow(rest)) => Err(Failure::NotNow(rest)),
        }
    }

    /// Takes the lease, or waits until its owner stored another pair. It waits for the life of a lease and the
    /// time of an answer, 40 seconds, so that an owner that crashed is outlived.
    ///
    /// # Errors
    ///
    /// [`Failure::NotNow`] if the lease stays with another owner, [`Failure::Store`] if the store failed.
    async fn lease(&mut self) -> Result<Turn, Failure> {
        let began = Instant::now();
        let longest = self.ports.refresh.lease + self.ports.refresh.deadline();
        let mut pause = Duration::from_millis(50);
        loop {
            let request = self.request()?;
            self.leased_at = Instant::now();
            match self.ports.grants.lease(&self.key, &request).await? {
                Lease::Taken(attempts) => return Ok(Turn::Ours(attempts)),
                Lease::Held if began.elapsed() > longest => return Err(LATER),
                Lease::Held => sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(500));
            let record = commit::load(&self.ports, &self.key).await?;
            if record.generation != self.stale {
                return Ok(Turn::Theirs(record));
            }
        }
    }

    /// A request for the lease under this attempt's owner.
    ///
    /// # Errors
    ///
    /// [`Failure::NotNow`] if the system gives no random bytes.
    fn request(&mut self) -> Result<LeaseRequest, Failure> {
        let owner = match self.owner {
            Some(owner) => owner,
            None => LeaseOwner(u128::from_le_bytes(random::<16>().map_err(|_none| LATER)?)),
        };
        self.owner = Some(owner);
        Ok(LeaseRequest {
            owner,
            generation: self.stale,
            life: self.ports.refresh.lease,
        })
    }

    /// Makes sure that no other owner can send the token while an answer to this one may still come: a process
    /// that was suspended, or that waited for its turn, renews the lease first.
    ///
    /// # Errors
    ///
    /// [`Failure::NotNow`] if the lease is lost; the token is then not sent.
    async fn lease_outlasts_an_answer(&mut self) -> Result<(), Failure> {
        let refresh = &self.ports.refresh;
        if self.leased_at.elapsed() + refresh.deadline() < refresh.lease {
            return Ok(());
        }
        self.renew().await
    }

    /// Extends the lease.
    ///
    /// # Errors
    ///
    /// [`Failure::NotNow`] if it is lost, [`Failure::Store`] if that is unknown.
    async fn renew(&mut self) -> Result<(), Failure> {
        let request = self.request()?;
        self.leased_at = Instant::now();
        match self.ports.grants.renew(&self.key, &request).await? {
            Renewed::Done => Ok(()),
            Renewed::Lost => Err(LATER),
        }
    }

    /// Gives the lease back. If the store fails, the lease ends by its time.
    async fn release(&self, settled: bool) {
        let Some(owner) = self.owner else { return };
        let released = self.ports.grants.release(&self.key, owner, settled).await;
        if let Err(error) = released {
            tracing::debug!(target: "threelo", error = %Causes(&error), "a lease could not be released; it expires");
        }
    }

    /// Stores the pair. While the store fails the pair is held here, for an hour at most, and no caller gets
    /// its token: a crash would leave only the old one (`docs/decisions/0048-store-before-use.md`).
    ///
    /// # Errors
    ///
    /// [`Failure::Store`] after that hour, when the grant is lost; otherwise those of [`commit::store_tokens`].
    async fn keep(&mut self, old: &Arc<GrantRecord>, tokens: &TokenSet) -> Outcome {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            match commit::store_tokens(&self.ports, old, tokens).await {
                Err(Failure::Store) if began.elapsed() < HOLD => {}
                Err(Failure::Store) => {
                    tracing::error!(
                        target: "threelo",
                        "a grant was lost: its new tokens could not be stored for an hour"
                    );
                    return Err(Failure::Store);
                }
                outcome => return outcome,
            }
            if tries > 3 {
                self.tell(Phase::Late);
            }
            sleep(pause(tries).min(Duration::from_secs(5))).await;
            tries += 1;
            // The lease keeps others from sending the old token; if it is lost, the compare-and-set decides.
            let _ = self.renew().await;
        }
    }

    /// Handles a refusal of the refresh token. It is believed only if no other owner can have spent the token,
    /// and if the provider does not refuse one account after another (`docs/decisions/0049-doubt-refusals.md`).
    ///
    /// The order matters: the lease is renewed, then the grant is loaded, and only if both still belong to this
    /// attempt the refusal counts.
    ///
    /// # Errors
    ///
    /// [`Failure::Consent`] once the grant is marked; [`Failure::NotNow`] while the refusal is doubted, and
    /// then the grant stays as it is.
    async fn refused(&mut self, record: &Arc<GrantRecord>, attempts: Attempts) -> Outcome {
        let renewed = self.renew().await;
        // Before the outcome of the renewal is looked at: a deleted grant has no lease either.
        let stored = commit::load(&self.ports, &self.key).await?;
        if stored.generation != record.generation {
            return commit::outcome_of(stored);
        }
        renewed?;
        let deadline = self.ports.refresh.deadline();
        if attempts.last.is_some_and(|age| age <= deadline) {
            return Err(Failure::NotNow(deadline));
        }
        let is_new = stored.consent_needed.is_none();
        let account = &self.key.account;
        if is_new
            && self
                .ports
                .refresh
                .circuit_breaker
                .record_refusal(account, self.ports.now())
        {
            tracing::error!(target: "threelo", "refresh tokens of one account after another are refused: no grant is \
                marked; check the app in the developer console and Atlassian's status page");
            return Err(Failure::NotNow(Duration::from_secs(30)));
        }
        let may_be_spent = attempts.first.is_some() || self.lost_at.is_some();
        let reason = if may_be_spent {
            ConsentReason::AnswerLost
        } else {
            ConsentReason::Refused
        };
        commit::mark_refused(&self.ports, record, reason).await
    }
}

/// Who refreshes.
enum Turn {
    /// This attempt holds the lease.
    Ours(Attempts),
    /// Another owner stored this while we waited.
    Theirs(Arc<GrantRecord>),
}

/// The pause before the next try: 0.2 seconds, then 1, 2, 4 ... 30.
fn pause(tries: u32) -> Duration {
    match tries {
        0 => Duration::from_millis(200),
        _ => Duration::from_secs(1 << (tries - 1).min(5)).min(Duration::from_secs(30)),
    }
}
