//! Scopes that are missing, and why.

use crate::scope::Scopes;

/// Scopes that a grant lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", why.as_str(), if scopes.is_empty() { "atlassian does not say which".to_owned() } else { scopes.to_string() })]
#[non_exhaustive]
pub struct MissingScope {
    /// What is missing; empty if Atlassian refused a call and the call did not say what it [needs].
    ///
    /// [needs]: crate::atlassian::ApiRequest::needs
    pub scopes: Scopes,
    /// Why.
    pub why: MissingScopeReason,
}

/// Why a grant lacks a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingScopeReason {
    /// Nobody asked for it yet: a step-up helps.
    NotAsked,
    /// It was there; a newer consent, perhaps on another device, asked for less and replaced it. One more consent brings
    /// it back.
    Narrowed,
    /// The newest consent asked for it and Atlassian did not grant it, or the app never asks for it because it is neither
    /// among its scopes nor among the optional ones: asking again would not help.
    NotGranted,
}

impl MissingScopeReason {
    /// What is said of the scopes.
    fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "scopes are missing",
            Self::Narrowed => "a newer consent left scopes out",
            Self::NotGranted => "atlassian did not grant scopes",
        }
    }

    /// The word for programs, stable: `reason` in the JSON answer.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Narrowed => "narrowed",
            Self::NotGranted => "not_granted",
        }
    }
}

/// What is known of the scopes of a grant.
pub(crate) struct KnownScopes<'a> {
    /// What was granted.
    pub granted: &'a Scopes,
    /// What the newest consent asked for.
    pub asked: &'a Scopes,
    /// What any consent was given.
    pub wanted: &'a Scopes,
    /// What the app may ask for at all.
    pub askable: &'a Scopes,
}

impl MissingScope {
    /// What is missing of `needed`, and why; `None` if nothing is.
    pub(crate) fn of(needed: &Scopes, known: &KnownScopes<'_>) -> Option<Self> {
        let scopes = needed.minus(known.granted);
        if scopes.is_empty() {
            return None;
        }
        let why = if known.asked.covers(&scopes) || !known.askable.covers(&scopes) {
            MissingScopeReason::NotGranted
        } else if known.wanted.covers(&scopes) {
            MissingScopeReason::Narrowed
        } else {
            MissingScopeReason::NotAsked
        };
        Some(Self { scopes, why })
    }
}
