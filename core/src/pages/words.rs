//! Which text belongs to what has happened.

use crate::error::{MissingScopeReason, Reason};
use crate::pages::texts::{PageText, Texts};
use crate::pages::{ApiTrouble, RequestFault, SetupFault};

/// Why a login did not happen.
pub(crate) fn of_reason(texts: &Texts, reason: Reason) -> PageText {
    match reason {
        Reason::Refused => texts.refused,
        Reason::RefusedByApp => texts.refused_by_app,
        Reason::AppFailed => texts.app_failed,
        Reason::Cancelled => texts.cancelled,
        Reason::Busy => texts.waited_too_long,
        Reason::Setup => texts.setup,
        Reason::Cookies => texts.cookies,
        Reason::Account => texts.account,
        Reason::WrongAccount => texts.wrong_account,
        Reason::LinkedElsewhere => texts.linked_elsewhere,
        Reason::Unavailable => texts.unavailable,
    }
}

/// Why a call to Atlassian failed, without anything that Atlassian wrote (docs/attacks.md T161).
pub(crate) fn of_api(texts: &Texts, trouble: ApiTrouble) -> PageText {
    match trouble {
        ApiTrouble::Forbidden => texts.api_forbidden,
        ApiTrouble::NotFound => texts.api_not_found,
        ApiTrouble::Busy => texts.api_busy,
        ApiTrouble::OutcomeUnknown => texts.api_outcome_unknown,
        ApiTrouble::Unavailable => texts.api_unavailable,
        ApiTrouble::Failed => texts.api_failed,
    }
}

/// Why a request has no answer of the app's.
pub(crate) fn of_request(texts: &Texts, fault: RequestFault<'_>) -> PageText {
    match fault {
        RequestFault::NoSuchPage(_) => texts.no_such_page,
        RequestFault::ConnectInstead(_) => texts.connect_instead,
        RequestFault::Method => texts.wrong_method,
        RequestFault::Unreadable => texts.unreadable,
        RequestFault::ForScripts => texts.for_scripts,
        RequestFault::TooMuch => texts.too_much,
    }
}

/// What is wrong with the app, and what its operator can do about it.
pub(crate) fn of_setup(texts: &Texts, fault: SetupFault<'_>) -> PageText {
    match fault {
        SetupFault::ScopesNotConfigured(_) => texts.scopes_not_configured,
        SetupFault::NoProductScope => texts.no_product_scope,
        SetupFault::Handler => texts.handler,
    }
}

/// Why a scope is missing. Only the first two reasons are followed by a button that asks for it.
pub(crate) fn of_scopes(texts: &Texts, why: MissingScopeReason) -> PageText {
    match why {
        MissingScopeReason::NotAsked => texts.scope_not_asked,
        MissingScopeReason::Narrowed => texts.scope_narrowed,
        MissingScopeReason::NotGranted => texts.scope_not_granted,
        MissingScopeReason::NotConfigured => texts.scopes_not_configured,
    }
}
