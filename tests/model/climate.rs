//! The failures of one run. Not all of them can occur together, because some losses cannot be prevented, such as those of
//! a crash between exchange and write at a provider without leeway.

use proptest::prelude::*;

/// What happens to a token that is used a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// The token that was used last may be used again for ten minutes; an older one is a breach.
    Leeway,
    /// Any reuse kills the family.
    Breach,
    /// Any reuse is refused; the family lives on.
    Refuse,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Climate {
    pub(crate) reuse: Reuse,
    pub(crate) second_consent_kills: bool,
    pub(crate) omits_refresh_token: bool,
    pub(crate) accounts: usize,
    /// A process dies.
    pub(crate) crashes: bool,
    /// A lease vanishes before its time.
    pub(crate) loses_leases: bool,
    /// Answers are lost after the rotation, and the provider is silent for a while.
    pub(crate) loses_answers: bool,
    pub(crate) store_fails: bool,
    /// One instance has a wrong client secret for a while.
    pub(crate) wrong_secret: bool,
    /// The provider refuses every token for ten minutes, and none of them is dead.
    pub(crate) refuses_all: bool,
    /// A process stands still for at most this long, in seconds: before it has sent a token, and after.
    pub(crate) pause: (u64, u64),
}

const CALM: Climate = Climate {
    reuse: Reuse::Leeway,
    second_consent_kills: false,
    omits_refresh_token: false,
    accounts: 1,
    crashes: false,
    loses_leases: false,
    loses_answers: false,
    store_fails: false,
    wrong_secret: false,
    refuses_all: false,
    pause: (40, 40),
};

/// The documented provider, with every failure that its leeway can absorb.
fn leeway() -> impl Strategy<Value = Climate> {
    any::<[bool; 5]>().prop_map(
        |[kills, omits, crashes, store_fails, wrong_secret]| Climate {
            second_consent_kills: kills,
            omits_refresh_token: omits,
            crashes,
            loses_leases: true,
            loses_answers: true,
            store_fails,
            wrong_secret,
            ..CALM
        },
    )
}

/// A provider that refuses every token for ten minutes.
fn refusing() -> impl Strategy<Value = Climate> {
    (2usize..=8).prop_map(|accounts| Climate {
        accounts,
        loses_leases: true,
        refuses_all: true,
        ..CALM
    })
}

/// A provider without leeway: a slow process is fine as long as it has sent nothing.
fn strict() -> impl Strategy<Value = Climate> {
    any::<bool>().prop_map(|kills| Climate {
        reuse: Reuse::Breach,
        second_consent_kills: kills,
        wrong_secret: true,
        pause: (40, 4),
        ..CALM
    })
}

/// A provider that refuses any reuse but keeps the family.
fn forgiving() -> impl Strategy<Value = Climate> {
    any::<bool>().prop_map(|kills| Climate {
        reuse: Reuse::Refuse,
        second_consent_kills: kills,
        loses_leases: true,
        pause: (2, 2),
        ..CALM
    })
}

pub(crate) fn any_climate() -> impl Strategy<Value = Climate> {
    prop_oneof![leeway(), refusing(), strict(), forgiving()]
}
