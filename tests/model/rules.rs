//! The rules that keep grants alive, each of which can be left out.

/// One rule of the refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// One instance at a time exchanges a grant's token.
    Lease,
    /// Under the lease the grant is read again: another instance may have renewed it.
    LoadAgain,
    /// A token is sent only while the lease lasts longer than the answer may take.
    SendUnderLease,
    /// The new pair is written by compare-and-set.
    CompareAndSet,
    /// On a conflict of the same generation the pair is merged into what another instance wrote.
    MergeOnConflict,
    /// On a conflict of another generation the stored pair stands.
    MovedPairStands,
    /// A pair that was exchanged is stored although the grant was marked meanwhile.
    SuccessBeatsMark,
    /// Before a refusal is believed, the grant is read again.
    ReloadOnRefusal,
    /// A refusal is not believed while an attempt of another instance may still succeed.
    YoungAttempt,
    /// A missing answer says nothing about the grant.
    KeepOnNoAnswer,
    /// After a lost answer the same token is sent again, as long as the leeway lasts, whether a caller waits or not.
    ChaseLostAnswer,
    /// A wrong client secret says nothing about the grant.
    SecretIsOurs,
    /// When grant after grant is refused, the provider is wrong, not the grants.
    MassRefusal,
    /// A marked grant is tried once more from time to time.
    SecondLook,
    /// A pair that cannot be stored is held until it can.
    HoldWhileStoreFails,
    /// No caller gets a token whose pair is not stored.
    StoreBeforeUse,
    /// An answer without a refresh token keeps the old one.
    KeepOldToken,
    /// The refresh continues when the caller hangs up.
    Detached,
    /// Of two consents the newer one is kept, whatever was refreshed in between.
    NewestConsentWins,
}

impl Rule {
    pub(crate) const ALL: [Self; 19] = [
        Self::Lease,
        Self::LoadAgain,
        Self::SendUnderLease,
        Self::CompareAndSet,
        Self::MergeOnConflict,
        Self::MovedPairStands,
        Self::SuccessBeatsMark,
        Self::ReloadOnRefusal,
        Self::YoungAttempt,
        Self::KeepOnNoAnswer,
        Self::ChaseLostAnswer,
        Self::SecretIsOurs,
        Self::MassRefusal,
        Self::SecondLook,
        Self::HoldWhileStoreFails,
        Self::StoreBeforeUse,
        Self::KeepOldToken,
        Self::Detached,
        Self::NewestConsentWins,
    ];
}

/// All rules, or all but one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) without: Option<Rule>,
}

impl Rules {
    pub(crate) fn keep(self, rule: Rule) -> bool {
        self.without != Some(rule)
    }
}
