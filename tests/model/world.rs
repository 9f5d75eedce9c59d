//! Instances, a store and a provider, moved by a schedule.

use crate::climate::Climate;
use crate::provider::{LEEWAY, Provider, Token};
use crate::refresh::{Alarm, Op, Told};
use crate::rules::{Rule, Rules};

pub(crate) const INSTANCES: usize = 2;
/// Seconds that an access token is good for.
pub(crate) const LIFE: u64 = 100;

/// A marked grant: its account was told to consent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) since: u64,
    pub(crate) checked: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) owner: usize,
    pub(crate) until: u64,
}

/// Which instance tried last on a generation, and when it last made progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) generation: u64,
    pub(crate) first: u64,
    pub(crate) owner: usize,
    pub(crate) last: u64,
    /// When the owner before this one last made progress.
    pub(crate) before: Option<u64>,
}

/// A stored grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) generation: u64,
    pub(crate) version: u64,
    pub(crate) token: Option<Token>,
    pub(crate) fresh_until: u64,
    pub(crate) exchanged_at: u64,
    pub(crate) consented_at: u64,
    pub(crate) mark: Option<Mark>,
    pub(crate) lease: Option<Lease>,
    pub(crate) attempt: Option<Attempt>,
}

/// One event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Ask(usize, usize),
    Step(usize),
    Pass(u64),
    HangUp(usize),
    ConsentExchange(usize),
    ConsentWrite(usize),
    ChooseSite(usize),
    Crash(usize),
    LoseLease(usize),
    LoseAnswer,
    ProviderSilent,
    StoreFails,
    WrongSecret(usize),
    RefuseAll,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) climate: Climate,
    pub(crate) rules: Rules,
    pub(crate) now: u64,
    pub(crate) provider: Provider,
    pub(crate) rows: Vec<Row>,
    pub(crate) running: [Option<Op>; INSTANCES],
    pub(crate) alarms: [Alarm; INSTANCES],
    pub(crate) wrong_secret_until: [u64; INSTANCES],
    pub(crate) store_fails_until: u64,
    pub(crate) silent_until: u64,
    pub(crate) refuses_until: u64,
    pub(crate) answer_is_lost: bool,
    /// The token and the time of a consent that is exchanged and not yet stored.
    consents: Vec<Option<(Token, u64)>>,
    /// Since when a rotated token may be lost because a process died.
    orphaned: Vec<Option<u64>>,
    sent_to_consent: Vec<Option<u64>>,
    pub(crate) violation: Option<&'static str>,
}

impl World {
    pub(crate) fn new(climate: Climate, rules: Rules) -> Self {
        let mut provider = Provider::new(climate);
        let row = |token| Row {
            generation: 1,
            version: 1,
            token: Some(token),
            fresh_until: LIFE,
            exchanged_at: 0,
            consented_at: 0,
            mark: None,
            lease: None,
            attempt: None,
        };
        let rows = (0..climate.accounts).map(|account| row(provider.consent(account)));
        let rows: Vec<Row> = rows.collect();
        Self {
            climate,
            rules,
            now: 0,
            rows,
            provider,
            running: [None, None],
            alarms: [Alarm::default(), Alarm::default()],
            wrong_secret_until: [0; INSTANCES],
            store_fails_until: 0,
            silent_until: 0,
            refuses_until: 0,
            answer_is_lost: false,
            consents: vec![None; climate.accounts],
            orphaned: vec![None; climate.accounts],
            sent_to_consent: vec![None; climate.accounts],
            violation: None,
        }
    }

    pub(crate) fn store_fails(&self) -> bool {
        self.now < self.store_fails_until
    }

    /// Applies one event, if the climate allows it.
    pub(crate) fn happen(&mut self, event: Event) {
        let climate = self.climate;
        match event {
            Event::Ask(instance, account) => self.ask(instance, account % climate.accounts),
            Event::Step(instance) => self.step(instance),
            Event::Pass(seconds) => self.pass(seconds),
            Event::HangUp(instance) => self.hang_up(instance),
            Event::ConsentExchange(account) => self.consent_exchange(account % climate.accounts),
            Event::ConsentWrite(account) => self.consent_write(account % climate.accounts),
            Event::ChooseSite(account) => self.rows[account % climate.accounts].version += 1,
            Event::Crash(instance) if climate.crashes => self.crash(instance),
            Event::LoseLease(account) if climate.loses_leases => {
                self.rows[account % climate.accounts].lease = None;
            }
            Event::LoseAnswer if climate.loses_answers => self.answer_is_lost = true,
            Event::ProviderSilent if climate.loses_answers => self.silent_until = self.now + 120,
            Event::StoreFails if climate.store_fails => self.store_fails_until = self.now + 20,
            Event::WrongSecret(instance) if climate.wrong_secret => {
                self.wrong_secret_until[instance] = self.now + 300;
            }
            Event::RefuseAll if climate.refuses_all && self.refuses_until == 0 => {
                self.refuses_until = self.now + 600;
            }
            _ => {}
        }
        self.wake_paused_instances();
    }

    fn hang_up(&mut self, instance: usize) {
        if !self.rules.keep(Rule::Detached) {
            self.running[instance] = None;
        }
    }

    fn crash(&mut self, instance: usize) {
        if let Some(op) = self.running[instance].take()
            && op.has_sent
        {
            self.orphaned[op.account].get_or_insert(self.now);
        }
        self.alarms[instance] = Alarm::default();
    }

    fn consent_exchange(&mut self, account: usize) {
        let token = self.provider.consent(account);
        self.consents[account] = Some((token, self.now));
    }

    fn consent_write(&mut self, account: usize) {
        let Some((token, at)) = self.consents[account] else {
            return;
        };
        if self.store_fails() {
            return;
        }
        self.consents[account] = None;
        let now = self.now;
        let row = &mut self.rows[account];
        let is_older = if self.rules.keep(Rule::NewestConsentWins) {
            row.consented_at > at
        } else {
            row.exchanged_at > at
        };
        if is_older {
            return;
        }
        row.token = Some(token);
        row.generation += 1;
        row.version += 1;
        row.consented_at = at;
        row.exchanged_at = at;
        row.fresh_until = now + LIFE;
        row.mark = None;
        self.orphaned[account] = None;
    }

    /// Advances the time; every busy instance continues.
    fn pass(&mut self, seconds: u64) {
        let end = self.now + seconds;
        while self.now < end {
            self.rescue_orphans();
            let (before, after) = self.climate.pause;
            self.now = end.min(self.now + before.min(after));
            self.wake_paused_instances();
        }
        // A consent that is exchanged is stored within a minute.
        for account in 0..self.climate.accounts {
            if self.consents[account].is_some_and(|(_, at)| at + 60 < self.now) {
                self.consent_write(account);
            }
        }
    }

    fn wake_paused_instances(&mut self) {
        let (before, after) = self.climate.pause;
        for instance in 0..INSTANCES {
            let stands = self.running[instance].as_ref().is_some_and(|op| {
                let pause = if op.has_sent { after } else { before };
                self.now >= op.moved_at + pause
            });
            if stands {
                // An instance that wakes up goes on for a while.
                (0..6).for_each(|_| self.step(instance));
            }
        }
    }

    /// After a crash, a request comes before the leeway is over: the model assumes that much.
    fn rescue_orphans(&mut self) {
        for account in 0..self.climate.accounts {
            let late = |since: u64| self.now + 200 >= since + LEEWAY;
            if self.orphaned[account].is_some_and(late) {
                self.recover(account);
            }
        }
    }

    /// A healthy hour in which a caller asks for the grant until there is an answer.
    pub(crate) fn recover(&mut self, account: usize) {
        self.calm_down();
        self.rows[account].fresh_until = self.rows[account].fresh_until.min(self.now);
        let before = self.rows[account].generation;
        for _ in 0..100 {
            self.ask(0, account);
            (0..INSTANCES).for_each(|instance| self.step(instance));
            self.now += 1;
            if self.rows[account].generation > before || self.violation.is_some() {
                return;
            }
        }
    }

    fn calm_down(&mut self) {
        self.store_fails_until = 0;
        self.silent_until = 0;
        self.refuses_until = self.refuses_until.min(self.now);
        self.wrong_secret_until = [0; INSTANCES];
        self.answer_is_lost = false;
    }

    /// What an account is told.
    pub(crate) fn tell(&mut self, account: usize, told: Told) {
        match told {
            Told::Token | Told::Busy => {}
            Told::UnstoredToken => self.violation = Some("a token was used before it was stored"),
            Told::ConsentNeeded if self.consents[account].is_some() => {}
            Told::ConsentNeeded if self.is_outage() => self.sent_in_outage(account),
            // No user ever withdraws a consent here.
            Told::ConsentNeeded if self.was_sent_in_outage(account) => {}
            Told::ConsentNeeded => self.violation = Some("a grant was lost"),
        }
    }

    /// The provider refuses every token, or did a moment ago: the last refusals are still under way.
    fn is_outage(&self) -> bool {
        self.refuses_until > 0 && self.now < self.refuses_until + 60
    }

    fn sent_in_outage(&mut self, account: usize) {
        self.sent_to_consent[account].get_or_insert(self.now);
        let lately = |at: &&u64| self.now < **at + Alarm::WINDOW;
        let sent = self.sent_to_consent.iter().flatten().filter(lately).count();
        // Each instance may believe a few refusals before it sees the pattern.
        if sent > INSTANCES * (Alarm::REFUSALS - 1) {
            self.violation = Some("every user was sent to consent");
        }
    }

    /// Until it is tried a second time, a grant that was marked in the outage stays marked.
    fn was_sent_in_outage(&self, account: usize) -> bool {
        let waits = |mark: Mark| self.now < mark.checked + 1300;
        self.sent_to_consent[account].is_some() && self.rows[account].mark.is_some_and(waits)
    }

    pub(crate) fn settle(&mut self, account: usize) {
        self.orphaned[account] = None;
    }

    /// The end: all failures are over, and every grant must still work.
    pub(crate) fn end(&mut self) {
        self.calm_down();
        self.pass(2000);
        for account in 0..self.climate.accounts {
            let before = self.rows[account].generation;
            self.recover(account);
            if self.rows[account].generation == before && self.violation.is_none() {
                self.violation = Some("a grant cannot be refreshed any more");
            }
        }
    }
}
