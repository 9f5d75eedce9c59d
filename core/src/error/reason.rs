//! Why a login failed: the closed list of words that may stand in the address of the error page.

/// Why a login failed, as far as the visitor is told.
///
/// A failed callback redirects to the error page with one of these words, so that no code stays in the address bar
/// (docs/attacks.md T133). The words are a closed list: no text of a request is ever shown (docs/attacks.md T135,
/// docs/decisions/0019). [Pages](crate::pages::Pages) of the app get the reason as a value.
///
/// ```
/// use threelo::Reason;
///
/// assert_eq!(Reason::parse("cancelled"), Some(Reason::Cancelled));
/// assert_eq!(Reason::parse("<script>"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The callback did not belong to a login of this browser, or the login was too old.
    Refused,
    /// The app refused the account, by its hook `on_login` or `on_connected`.
    RefusedByApp,
    /// The app's hook failed, panicked or did not answer in time. The log says how. The visitor can start again.
    AppFailed,
    /// The visitor pressed *Cancel* at Atlassian.
    Cancelled,
    /// Too many logins are in progress concurrently. The visitor can start again.
    Busy,
    /// The set-up of the app is wrong, such as its secret or its scopes, and only its operator can correct it. The log says what
    /// it is.
    Setup,
    /// The browser sends more cookies than are read. The visitor can delete those of this site.
    Cookies,
    /// The Atlassian account is inactive or closed.
    Account,
    /// Atlassian or a store did not respond, or Atlassian ended the login for a reason of its own. The visitor can start again.
    Unavailable,
    /// The visitor chose another Atlassian account than the one for which the login was started.
    WrongAccount,
    /// Connect mode: another user of the app has connected this Atlassian account.
    LinkedElsewhere,
}

impl Reason {
    /// The word in the address of the error page. It is stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::RefusedByApp => "refused_by_app",
            Self::AppFailed => "app_failed",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Setup => "setup",
            Self::Cookies => "cookies",
            Self::Account => "account",
            Self::Unavailable => "unavailable",
            Self::WrongAccount => "wrong_account",
            Self::LinkedElsewhere => "linked_elsewhere",
        }
    }

    /// Reads such a word. Anything else, also in other case or with a space, is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Refused,
            Self::RefusedByApp,
            Self::AppFailed,
            Self::Cancelled,
            Self::Busy,
            Self::Setup,
            Self::Cookies,
            Self::Account,
            Self::Unavailable,
            Self::WrongAccount,
            Self::LinkedElsewhere,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_word_of_a_closed_list() {
        for word in [
            "refused",
            "refused_by_app",
            "app_failed",
            "busy",
            "wrong_account",
            "linked_elsewhere",
        ] {
            assert_eq!(Reason::parse(word).map(Reason::as_str), Some(word));
        }
        for other in ["", "Refused", "refused ", "refused&x", "<script>"] {
            assert_eq!(Reason::parse(other), None, "{other}");
        }
    }
}
