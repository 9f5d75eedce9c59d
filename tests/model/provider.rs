//! The provider: families of rotating tokens.

use crate::climate::{Climate, Reuse};

pub(crate) type Token = u32;
/// Seconds for which a used token may be used again.
pub(crate) const LEEWAY: u64 = 600;

#[derive(Clone, Debug)]
struct Family {
    account: usize,
    revoked: bool,
    live: Vec<Token>,
    used: Vec<(Token, u64)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Provider {
    climate: Climate,
    families: Vec<Family>,
    last: Token,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// New tokens; without a refresh token where the provider leaves it out.
    Pair(Option<Token>),
    Refused,
}

impl Provider {
    pub(crate) fn new(climate: Climate) -> Self {
        Self {
            climate,
            families: Vec::new(),
            last: 0,
        }
    }

    fn mint(&mut self) -> Token {
        self.last += 1;
        self.last
    }

    /// A consent: a family of its own.
    pub(crate) fn consent(&mut self, account: usize) -> Token {
        if self.climate.second_consent_kills {
            let theirs = self
                .families
                .iter_mut()
                .filter(|family| family.account == account);
            theirs.for_each(|family| family.revoked = true);
        }
        let token = self.mint();
        self.families.push(Family {
            account,
            revoked: false,
            live: vec![token],
            used: Vec::new(),
        });
        token
    }

    /// A refresh: rotation, leeway or breach.
    pub(crate) fn refresh(&mut self, token: Token, now: u64) -> Answer {
        let fresh = self.mint();
        let (reuse, omits) = (self.climate.reuse, self.climate.omits_refresh_token);
        let knows = |family: &&mut Family| {
            family.live.contains(&token) || family.used.iter().any(|(used, _)| *used == token)
        };
        let Some(family) = self.families.iter_mut().find(knows) else {
            return Answer::Refused;
        };
        if family.revoked {
            return Answer::Refused;
        }
        if let Some(index) = family.live.iter().position(|live| *live == token) {
            if omits {
                return Answer::Pair(None);
            }
            family.live.remove(index);
            family.used.push((token, now));
            family.live.push(fresh);
            return Answer::Pair(Some(fresh));
        }
        let is_previous = family
            .used
            .last()
            .is_some_and(|(used, at)| *used == token && now - at < LEEWAY);
        match reuse {
            Reuse::Leeway if is_previous => {
                family.live.push(fresh);
                Answer::Pair(Some(fresh))
            }
            Reuse::Refuse => Answer::Refused,
            Reuse::Leeway | Reuse::Breach => {
                family.revoked = true;
                Answer::Refused
            }
        }
    }
}
