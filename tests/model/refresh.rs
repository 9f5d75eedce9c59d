//! One refresh, step by step, with each rule in its place.

use crate::provider::{Answer, LEEWAY, Token};
use crate::rules::Rule;
use crate::world::{Attempt, LIFE, Lease, Mark, Row, World};

const LEASE: u64 = 30;
/// An answer takes at most this long.
const DEADLINE: u64 = 10;
/// A marked grant is tried again after this long, then after twice as long, and so on.
const SECOND_LOOK: u64 = 600;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    Token,
    UnstoredToken,
    Busy,
    ConsentNeeded,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Lease,
    Load,
    Send,
    Write(Option<Token>),
    Refused,
}

/// A refresh at work in one instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) account: usize,
    pub(crate) has_sent: bool,
    pub(crate) moved_at: u64,
    next: Next,
    stale: u64,
    seen: Row,
    leased_until: u64,
    /// When another owner last made progress on this generation.
    other_at: Option<u64>,
    /// Whether an answer to this generation's token may have been lost, here or before.
    may_be_spent: bool,
    /// When this op first got no answer.
    lost_at: Option<u64>,
}

/// Refusals of grant after grant, without a success in between.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarm(Vec<(usize, u64)>);

impl Alarm {
    pub(crate) const REFUSALS: usize = 3;
    pub(crate) const WINDOW: u64 = 300;

    /// Records a refusal; returns whether the provider is to be doubted.
    fn refused(&mut self, account: usize, now: u64) -> bool {
        self.0
            .retain(|(other, at)| *other != account && now - at < Self::WINDOW);
        self.0.push((account, now));
        self.0.len() >= Self::REFUSALS
    }
}

impl World {
    /// A caller needs a fresh token.
    pub(crate) fn ask(&mut self, instance: usize, account: usize) {
        let row = self.rows[account];
        if self.running[instance].is_some() || self.store_fails() || self.now < row.fresh_until {
            return;
        }
        if let Some(mark) = row.mark {
            let due = mark.checked + SECOND_LOOK.max(mark.checked - mark.since);
            if !self.rules.keep(Rule::SecondLook) || self.now < due {
                return self.tell(account, Told::ConsentNeeded);
            }
        }
        self.running[instance] = Some(Op {
            account,
            has_sent: false,
            moved_at: self.now,
            next: Next::Lease,
            stale: row.generation,
            seen: row,
            leased_until: 0,
            other_at: None,
            may_be_spent: false,
            lost_at: None,
        });
    }

    /// One step of an instance's work.
    pub(crate) fn step(&mut self, instance: usize) {
        let Some(mut op) = self.running[instance].take() else {
            return;
        };
        op.moved_at = self.now;
        self.renew(instance, &mut op);
        let told = match op.next {
            Next::Lease => self.take_lease(instance, &mut op),
            Next::Load => self.load(&mut op),
            Next::Send => self.send(instance, &mut op),
            Next::Write(pair) => self.write(&mut op, pair),
            Next::Refused => self.refused(instance, &mut op),
        };
        let chases = self.rules.keep(Rule::ChaseLostAnswer)
            && op.lost_at.is_some_and(|at| self.now < at + LEEWAY);
        let told = match told {
            // A lost answer is requested again, whatever happens in between.
            Some(Told::Busy) if chases => {
                op.next = Next::Lease;
                None
            }
            other => other,
        };
        let Some(told) = told else {
            self.running[instance] = Some(op);
            return;
        };
        let row = &mut self.rows[op.account];
        if row.lease.is_some_and(|lease| lease.owner == instance) {
            row.lease = None;
            if !op.may_be_spent {
                row.attempt = None;
            }
        }
        self.tell(op.account, told);
    }

    fn renew(&mut self, instance: usize, op: &mut Op) {
        if self.store_fails() {
            return;
        }
        let until = self.now + LEASE;
        let (now, row) = (self.now, &mut self.rows[op.account]);
        if let Some(lease) = &mut row.lease
            && lease.owner == instance
            && lease.until > now
        {
            lease.until = until;
            op.leased_until = until;
            if let Some(attempt) = &mut row.attempt {
                attempt.last = now;
            }
        }
    }

    fn take_lease(&mut self, instance: usize, op: &mut Op) -> Option<Told> {
        if self.store_fails() {
            return Some(Told::Busy);
        }
        let (now, row) = (self.now, &mut self.rows[op.account]);
        let is_taken = row
            .lease
            .is_some_and(|lease| lease.owner != instance && lease.until > now);
        if is_taken && self.rules.keep(Rule::Lease) {
            return (row.generation > op.stale).then_some(Told::Token);
        }
        let known = row
            .attempt
            .filter(|attempt| attempt.generation == row.generation);
        op.other_at = match known {
            Some(attempt) if attempt.owner == instance => attempt.before,
            other => other.map(|attempt| attempt.last),
        };
        // Its own first try does not count: either it has sent nothing yet, or its outcome is known.
        let retakes = op.leased_until > 0;
        op.may_be_spent |= known.is_some_and(|attempt| !retakes || attempt.owner != instance);
        row.attempt = Some(Attempt {
            generation: row.generation,
            first: known.map_or(now, |attempt| attempt.first),
            owner: instance,
            last: now,
            before: op.other_at,
        });
        op.leased_until = now + LEASE;
        row.lease = Some(Lease {
            owner: instance,
            until: op.leased_until,
        });
        op.next = Next::Load;
        None
    }

    fn load(&mut self, op: &mut Op) -> Option<Told> {
        if self.store_fails() {
            return Some(Told::Busy);
        }
        op.next = Next::Send;
        if self.rules.keep(Rule::LoadAgain) {
            op.seen = self.rows[op.account];
            if op.seen.generation > op.stale {
                return Some(Told::Token);
            }
        }
        None
    }

    fn send(&mut self, instance: usize, op: &mut Op) -> Option<Told> {
        let in_time = self.now + DEADLINE < op.leased_until;
        if !in_time && self.rules.keep(Rule::SendUnderLease) {
            op.next = Next::Lease;
            return None;
        }
        let Some(token) = op.seen.token else {
            return Some(Told::ConsentNeeded);
        };
        if self.now < self.wrong_secret_until[instance] {
            return self.believe(Rule::SecretIsOurs, op);
        }
        if self.now < self.silent_until {
            return self.no_answer(op);
        }
        op.has_sent = true;
        if self.now < self.refuses_until {
            op.next = Next::Refused;
            return None;
        }
        let answer = self.provider.refresh(token, self.now);
        if std::mem::take(&mut self.answer_is_lost) {
            return self.no_answer(op);
        }
        match answer {
            Answer::Refused => op.next = Next::Refused,
            Answer::Pair(pair) => {
                self.alarms[instance] = Alarm::default();
                op.next = Next::Write(pair);
                if !self.rules.keep(Rule::StoreBeforeUse) {
                    self.tell(op.account, Told::UnstoredToken);
                }
            }
        }
        None
    }

    fn no_answer(&mut self, op: &mut Op) -> Option<Told> {
        op.may_be_spent = true;
        op.lost_at.get_or_insert(self.now);
        self.believe(Rule::KeepOnNoAnswer, op)
    }

    /// Without its rule, a failure is taken for a refusal.
    fn believe(&mut self, rule: Rule, op: &mut Op) -> Option<Told> {
        if self.rules.keep(rule) {
            return Some(Told::Busy);
        }
        op.next = Next::Refused;
        None
    }

    fn write(&mut self, op: &mut Op, pair: Option<Token>) -> Option<Told> {
        if self.store_fails() {
            return (!self.rules.keep(Rule::HoldWhileStoreFails)).then_some(Told::Busy);
        }
        let row = self.rows[op.account];
        if self.rules.keep(Rule::CompareAndSet) && row.version != op.seen.version {
            if row.generation == op.seen.generation {
                op.seen = row;
                return (!self.rules.keep(Rule::MergeOnConflict)).then_some(Told::Busy);
            }
            if self.rules.keep(Rule::MovedPairStands) {
                return Some(Told::Token);
            }
        }
        if row.mark.is_some() && !self.rules.keep(Rule::SuccessBeatsMark) {
            return Some(Told::Busy);
        }
        let kept = if self.rules.keep(Rule::KeepOldToken) {
            op.seen.token
        } else {
            None
        };
        self.rows[op.account] = Row {
            generation: op.seen.generation + 1,
            version: row.version + 1,
            token: pair.or(kept),
            fresh_until: self.now + LIFE,
            exchanged_at: self.now,
            mark: None,
            ..row
        };
        self.settle(op.account);
        Some(Told::Token)
    }

    fn refused(&mut self, instance: usize, op: &mut Op) -> Option<Told> {
        if self.store_fails() {
            return Some(Told::Busy);
        }
        let now = self.now;
        let row = self.rows[op.account];
        let moved = row.generation > op.seen.generation;
        if moved && self.rules.keep(Rule::ReloadOnRefusal) {
            return Some(Told::Token);
        }
        let other_now = row.attempt.filter(|attempt| attempt.owner != instance);
        let other_at = other_now.map(|attempt| attempt.last).or(op.other_at);
        let young = other_at.is_some_and(|at| now - at <= DEADLINE);
        if young && self.rules.keep(Rule::YoungAttempt) {
            return Some(Told::Busy);
        }
        let known = row.mark.is_some();
        let doubtful = !known && self.alarms[instance].refused(op.account, now);
        if doubtful && self.rules.keep(Rule::MassRefusal) {
            return Some(Told::Busy);
        }
        let row = &mut self.rows[op.account];
        row.version += 1;
        let since = row.mark.map_or(now, |mark| mark.since);
        row.mark = Some(Mark {
            since,
            checked: now,
        });
        Some(Told::ConsentNeeded)
    }
}
