//! What the pages say.

use super::ApiTrouble;
use crate::error::Reason;

/// A headline and one paragraph.
pub(super) type Short = (&'static str, &'static str);

pub(super) const CONTINUE: Short = (
    "Sign in with Atlassian?",
    "A page of another site sent you here. Go on only if you want to sign in to this app.",
);
pub(super) const STILL_WORKING: Short = (
    "Almost there",
    "Your sign-in is still being finished, probably in another tab or after a reload.",
);
pub(super) const SIGN_IN_FIRST: Short = (
    "Please sign in first",
    "You are not signed in any more, so what you just sent was not done. Sign in, then do it again.",
);
pub(super) const MISSING_SCOPE: Short = (
    "One more permission is needed",
    "This page needs a permission that you did not give to this app so far.",
);
pub(super) const CROSS_SITE: Short = (
    "Nothing was done",
    "This came from a page of another site, so we did not do it. Use the app's own pages instead.",
);

pub(super) fn of_api(trouble: ApiTrouble) -> Short {
    match trouble {
        ApiTrouble::Forbidden => (
            "Atlassian does not allow that",
            "Your Atlassian account may not do this, or an admin of the site has a rule against it. The site's admin \
             can tell you more.",
        ),
        ApiTrouble::NotFound => (
            "Not found at Atlassian",
            "What you were looking for does not exist any more, or your Atlassian account cannot see it.",
        ),
        ApiTrouble::Busy => (
            "Atlassian asks us to slow down",
            "This app asked Atlassian for too much in a short time. Please try again in a minute.",
        ),
        ApiTrouble::Unavailable => (
            "Atlassian does not answer",
            "Atlassian gave no answer just now. Nothing is lost. Please try again in a moment.",
        ),
        ApiTrouble::Failed => (
            "That did not work",
            "Atlassian did not accept what this app asked for. Trying again may help; if it does not, please tell the \
             people who run this app.",
        ),
    }
}

/// Why somebody may reach no site, and what helps.
pub(super) const NO_SITES: [&str; 2] = [
    "Perhaps the account has no access to a product there yet, another site was chosen when this app was allowed, or an \
     admin removed the app from the site.",
    "You can choose a site at Atlassian once more, or ask the site's admin.",
];

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
            "Your sign-in had to wait too long in line. Nothing was changed.",
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
            "That did not work just now",
            "Atlassian, or this app's own storage, did not answer. Nothing is lost.",
            "Please try again in a moment.",
        ),
    }
}
