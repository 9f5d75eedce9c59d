//! What the pages say when a login did not happen.

use crate::error::Reason;

/// Headline, what happened, what to do.
pub(super) fn of(reason: Reason) -> (&'static str, &'static str, &'static str) {
    match reason {
        Reason::Refused => (
            "The sign-in did not work",
            "We could not match it to this browser. That happens when the link was opened in another browser, when \
             cookies are blocked, or when signing in took longer than ten minutes.",
            "Nothing was changed. Please try again from here.",
        ),
        Reason::Cancelled => (
            "You cancelled the sign-in",
            "Nothing was shared with this app, and nothing was changed.",
            "You can go back, or try again whenever you like.",
        ),
        Reason::Busy => (
            "Many people are signing in right now",
            "Your sign-in had to wait too long in line.",
            "Please try again in a minute.",
        ),
        Reason::Setup => (
            "This app is not set up yet",
            "Atlassian answered, but it does not accept this app as it is configured. You cannot mend that; please \
             tell the people who run this app.",
            "For them: check the client secret and the callback URL, and that the User Identity API with the scope \
             read:me was added to the app in the Atlassian developer console. The log says more.",
        ),
        Reason::Account => (
            "This account cannot sign in",
            "Atlassian says that the account is not active.",
            "You can try again with another account.",
        ),
        Reason::Unavailable => (
            "We could not finish the sign-in",
            "Atlassian, or our own storage, did not answer in time. Nothing is lost.",
            "Please try again in a moment.",
        ),
    }
}
