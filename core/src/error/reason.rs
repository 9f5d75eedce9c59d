//! Why a login did not happen: the closed list that may stand in an address.

/// Why a login did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The answer could not be matched to this browser, or was no good.
    Refused,
    /// The visitor pressed Cancel.
    Cancelled,
    /// Too many logins at once.
    Busy,
    /// The operator must mend the app's set-up.
    Setup,
    /// The Atlassian account is not active.
    Account,
    /// Atlassian or a store did not answer.
    Unavailable,
    /// Another Atlassian account was chosen than the one that was asked for.
    WrongAccount,
    /// Another user of the app has connected that Atlassian account.
    LinkedElsewhere,
}

impl Reason {
    /// The word that stands in the address of the error page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Setup => "setup",
            Self::Account => "account",
            Self::Unavailable => "unavailable",
            Self::WrongAccount => "wrong_account",
            Self::LinkedElsewhere => "linked_elsewhere",
        }
    }

    /// Reads such a word; nothing else is a reason.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Refused,
            Self::Cancelled,
            Self::Busy,
            Self::Setup,
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
        for word in ["refused", "busy", "wrong_account", "linked_elsewhere"] {
            assert_eq!(Reason::parse(word).map(Reason::as_str), Some(word));
        }
        for other in ["", "Refused", "refused ", "refused&x", "<script>"] {
            assert_eq!(Reason::parse(other), None, "{other}");
        }
    }
}
