//! Missing scopes, and why they are missing (docs/decisions/0040).

use http::StatusCode;

use crate::scope::Scopes;

/// The scopes that a grant lacks for an operation, and why.
///
/// In a handler, `?` leads the visitor to a page that asks for exactly these scopes, unless Atlassian would not grant
/// them.
///
/// ```
/// use threelo::{MissingScope, MissingScopeReason};
///
/// fn hint(missing: &MissingScope) -> String {
///     match missing.why {
///         MissingScopeReason::NotConfigured => format!("{} must be added to the app", missing.scopes),
///         _ => format!("please also allow {}", missing.scopes),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}: {}",
    why.as_str(),
    if scopes.is_empty() { "atlassian does not say which".to_owned() } else { scopes.to_string() }
)]
#[non_exhaustive]
pub struct MissingScope {
    /// The missing scopes. Empty if Atlassian refused a call that did not declare what it
    /// [needs](crate::atlassian::ApiRequest::needs): its response does not name them (docs/protocol.md section 6.3).
    pub scopes: Scopes,
    /// Why they are missing.
    pub why: MissingScopeReason,
}

/// Why a grant lacks a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingScopeReason {
    /// No consent has had it, and the newest did not ask for it. A step-up can ask for it.
    NotAsked,
    /// An earlier consent had it. A newer one, perhaps on another device, asked for less and replaced it. A step-up
    /// brings it back.
    Narrowed,
    /// The newest consent asked for it and Atlassian did not grant it. Asking again would not help, so there is no
    /// step-up: a loop would be the result.
    NotGranted,
    /// It is neither among the [`scopes`](crate::AuthBuilder::scopes) nor among the
    /// [`optional_scopes`](crate::AuthBuilder::optional_scopes) of the app, so that no login can ask for it: a mistake of
    /// the app, which answers 500 and is logged.
    NotConfigured,
}

impl MissingScopeReason {
    /// The beginning of the error's text.
    fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "scopes are missing",
            Self::Narrowed => "a newer consent left scopes out",
            Self::NotGranted => "atlassian did not grant scopes",
            Self::NotConfigured => {
                "the app needs scopes that are neither in ATLASSIAN_SCOPES (scopes) nor in ATLASSIAN_OPTIONAL_SCOPES \
                 (optional_scopes)"
            }
        }
    }

    /// Whether a login can bring the scope.
    pub(crate) fn can_be_asked(self) -> bool {
        matches!(self, Self::NotAsked | Self::Narrowed)
    }

    /// The status of the reply: a mistake of the app is its own failure.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotConfigured => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// The `code` of the JSON reply. It is stable.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotAsked | Self::Narrowed => "missing_scope",
            Self::NotGranted => "scope_not_granted",
            Self::NotConfigured => "scope_not_configured",
        }
    }

    /// The `reason` of the JSON reply. It is stable.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Narrowed => "narrowed",
            Self::NotGranted => "not_granted",
            Self::NotConfigured => "not_configured",
        }
    }
}

/// The sets of scopes from which the reason follows.
pub(crate) struct KnownScopes<'a> {
    /// The scopes of the current token.
    pub granted: &'a Scopes,
    /// The scopes that the newest consent asked for.
    pub asked: &'a Scopes,
    /// The scopes that any consent of the account was granted.
    pub wanted: &'a Scopes,
    /// The scopes that the app is configured to ask for.
    pub askable: &'a Scopes,
}

impl MissingScope {
    /// The scopes of `needed` that are missing, with one reason for all of them. `None` if none is missing.
    pub(crate) fn of(needed: &Scopes, known: &KnownScopes<'_>) -> Option<Self> {
        let scopes = needed.minus(known.granted);
        if scopes.is_empty() {
            return None;
        }
        let why = if known.asked.covers(&scopes) {
            MissingScopeReason::NotGranted
        } else if !known.askable.covers(&scopes) {
            MissingScopeReason::NotConfigured
        } else if known.wanted.covers(&scopes) {
            MissingScopeReason::Narrowed
        } else {
            MissingScopeReason::NotAsked
        };
        Some(Self { scopes, why })
    }
}
