//! One refresh, from the lease to the stored pair. It runs in a task of its own.

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

/// Atlassian takes a used token once more for this long.
const LEEWAY: Duration = Duration::from_secs(10 * 60);
const LATER: Failure = Failure::NotNow(Duration::from_secs(1));

/// A refresh at work.
pub(crate) struct Attempt {
    ports: Arc<Ports>,
    key: GrantKey,
    stale: u64,
    owner: Option<LeaseOwner>,
    leased_at: Instant,
    /// When an answer was first missing, so that the token may be spent.
    lost_at: Option<SystemTime>,
    phase: watch::Sender<Phase>,
}

impl Attempt {
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

    pub(crate) fn tell(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Refreshes; after a lost answer the same token is sent again for as long as the leeway lasts, whether anybody
    /// still waits or not, because its successor may be known to Atlassian only.
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

    fn is_chased(&self) -> bool {
        let age = |at| self.ports.now().duration_since(at).unwrap_or_default();
        self.lost_at.is_some_and(|at| age(at) < LEEWAY)
    }

    async fn once(&mut self) -> Outcome {
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
        let turn = Arc::clone(&self.ports.exchanges).acquire_owned().await;
        self.lease_outlasts_an_answer().await?;
        let answer = self
            .ports
            .provider
            .refresh(token, &record.tokens.scopes)
            .await;
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

    /// Takes the lease, or waits until whoever has it stored another pair.
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

    /// A token is sent only while nobody else can send it too: a process that stood still asks again first.
    async fn lease_outlasts_an_answer(&mut self) -> Result<(), Failure> {
        let refresh = &self.ports.refresh;
        if self.leased_at.elapsed() + refresh.deadline() < refresh.lease {
            return Ok(());
        }
        self.renew().await
    }

    async fn renew(&mut self) -> Result<(), Failure> {
        let request = self.request()?;
        self.leased_at = Instant::now();
        match self.ports.grants.renew(&self.key, &request).await? {
            Renewed::Done => Ok(()),
            Renewed::Lost => Err(LATER),
        }
    }

    async fn release(&self, settled: bool) {
        let Some(owner) = self.owner else { return };
        let released = self.ports.grants.release(&self.key, owner, settled).await;
        if let Err(error) = released {
            tracing::debug!(target: "threelo", error = %Causes(&error), "a lease was not released; it ends by itself");
        }
    }

    /// Stores the pair. While the store fails it is held here, and nobody gets its token.
    async fn keep(&mut self, old: &Arc<GrantRecord>, tokens: &TokenSet) -> Outcome {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            match commit::store_tokens(&self.ports, old, tokens).await {
                Err(Failure::Store) if began.elapsed() < HOLD => {}
                Err(Failure::Store) => {
                    tracing::error!(target: "threelo", "a grant was lost: its new tokens could not be stored for an hour");
                    return Err(Failure::Store);
                }
                outcome => return outcome,
            }
            if tries > 3 {
                self.tell(Phase::Late);
            }
            sleep(pause(tries).min(Duration::from_secs(5))).await;
            tries += 1;
            // So that nobody sends the old token meanwhile; if it is lost all the same, the compare-and-set decides.
            let _ = self.renew().await;
        }
    }

    /// Believes a refusal only if nobody else can have spent the token, and the provider refuses this grant only.
    async fn refused(&mut self, record: &Arc<GrantRecord>, attempts: Attempts) -> Outcome {
        let renewed = self.renew().await;
        // A grant that was forgotten meanwhile has no lease either.
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
                given up; check the app in the developer console and Atlassian's status page");
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

enum Turn {
    Ours(Attempts),
    Theirs(Arc<GrantRecord>),
}

/// 0.2 s, then 1, 2, 4 ... 30 s.
fn pause(tries: u32) -> Duration {
    match tries {
        0 => Duration::from_millis(200),
        _ => Duration::from_secs(1 << (tries - 1).min(5)).min(Duration::from_secs(30)),
    }
}
