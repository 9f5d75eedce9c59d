//! What the built-in pages say.
//!
//! All of it is constant: names, addresses and scopes are put between these texts by the other
//! files, and nothing of a request is ever part of them (docs/attacks.md T134, T135). The texts
//! address visitors, who know neither OAuth nor this library.

use crate::error::{MissingScopeReason, Reason};
use crate::pages::{ApiTrouble, RequestFault, SetupFault};

/// A headline and one paragraph.
pub(crate) type Short = (&'static str, &'static str);

/// Asked when another site sent the browser to the login without a click (docs/attacks.md T015).
pub(crate) const CONTINUE: Short = (
    "Sign in with Atlassian?",
    "A page of another site sent you here. Go on only if you want to sign in to this app.",
);
/// Said on a second arrival at the callback, while the first still exchanges the code.
pub(crate) const STILL_WORKING: Short = (
    "Almost there",
    "Your sign-in is still being finished, probably in another tab or after a reload.",
);
/// Said to a visitor for whose sign-in there is no place now.
pub(crate) fn busy(is_limited: bool) -> Short {
    match is_limited {
        true => (
            "Too many sign-ins for now",
            "Many sign-ins come from your network at once, several of them failed, or this app has a limit of its own. Nothing \
             is lost: this page goes on by itself.",
        ),
        false => (
            "Your sign-in waits for its turn",
            "Many people are signing in, or Atlassian answers slowly. Nothing is lost: this page goes on by itself in a moment.",
        ),
    }
}
/// Said to a visitor who is not signed in and sent a form, whose content is lost.
pub(crate) const SIGN_IN_FIRST: Short = (
    "Please sign in first",
    "You are not signed in. If you just sent something, it was not done: sign in, then do it again.",
);
/// Said when something was sent that needs a site: none is chosen, or the chosen one is gone.
pub(crate) fn site_first(gone: bool) -> Short {
    if gone {
        (
            "That site cannot be reached any more",
            "You have no access to it, or this app was removed from it. What you just sent was not done: choose another \
             site, then do it again.",
        )
    } else {
        (
            "Please choose a site first",
            "What you just sent was not done, because it works on a site and none is chosen. Choose one, then do it again.",
        )
    }
}
/// Why a scope is missing. Only the first two reasons are followed by a button that asks for it.
pub(crate) fn of_scopes(why: MissingScopeReason) -> Short {
    match why {
        MissingScopeReason::NotAsked => (
            "One more permission is needed",
            "This page needs a permission that you did not give to this app so far.",
        ),
        MissingScopeReason::Narrowed => (
            "A permission got lost",
            "You gave this permission before. A later sign-in, perhaps on another device, asked for less, and Atlassian \
             keeps only what was asked for last. Give it once more, and all devices have it again.",
        ),
        MissingScopeReason::NotConfigured => (
            SETUP,
            "This page needs a permission that this app never asks Atlassian for. Please tell the people who run this app.",
        ),
        MissingScopeReason::NotGranted => (
            "Atlassian did not give the permission",
            "This app asked for a permission that it needs here, and Atlassian did not grant it. Asking again would not \
             help: perhaps your account or the site does not allow it. The site's admin, or the people who run this app, \
             can tell you more.",
        ),
    }
}

/// Said when a page of the app needs a connected account and it is not clear which.
pub(crate) const CONNECT_FIRST_PAGE: Short = (
    "An Atlassian account is needed",
    "This page works with an Atlassian account of yours. Choose one that is connected, or connect one.",
);
/// Above the connect button, before the first connection.
pub(crate) const CONNECT_FIRST: &str = "This app can work with your Atlassian account, on the sites that you choose. Atlassian will ask you first, and you \
                                        can end it at any time.";
/// Above the list of connected accounts.
pub(crate) const CONNECTED: &str =
    "This app works with these Atlassian accounts of yours, on the sites that you chose.";
/// Above the list of scopes that will be asked for.
pub(crate) const CONNECT_SCOPES: &str = "What you were about to do needs a permission that this app does not have. Atlassian will ask you for:";
/// Before and after the name of the account that gets another site.
pub(crate) const ADD_SITE: (&str, &str) = (
    "Atlassian will ask which other site of ",
    " this app may use. The sites that it has stay.",
);
/// Before and after the name of the account whose consent ended.
pub(crate) const CONNECT_AGAIN: (&str, &str) = (
    "The permission of ",
    " has ended. Atlassian will ask for it once more.",
);
/// After name and id of the account that was just connected (docs/attacks.md T014).
pub(crate) const NOT_YOURS: &str =
    "Is that not you? Then disconnect it, sign out at Atlassian, and connect once more.";
/// What disconnecting does, and what it does not do.
pub(crate) const DISCONNECT: &str = "This app forgets its access. Nothing is deleted at Atlassian.";
/// Before the link to the page where people remove an app from their Atlassian account.
pub(crate) const AT_ATLASSIAN: &str =
    "Atlassian may still list this app as allowed. To remove it there as well, go to:";
/// After the names of the two accounts.
pub(crate) const WRONG_ACCOUNT: &str = "Nothing was changed. To use the first account, sign out at Atlassian, or switch accounts there, and try again.";
/// The last page of a login in a popup; seen only if the script could not close the window.
pub(crate) const DONE: Short = (
    "You can close this window",
    "This step is done. The app goes on in the window where you began.",
);
/// Seen for a moment, while the browser reloads the address.
pub(crate) const BOUNCE: &str = "One moment, you are being sent back to the app.";
/// Said when a change, or a read, came from another site without proof.
pub(crate) const CROSS_SITE: Short = (
    "Nothing was done",
    "This came from a page of another site, so we did not do it. Use the app's own pages instead.",
);

/// Shown inside another page, with a link that opens a window.
pub(crate) const OWN_WINDOW: Short = (
    "The sign-in needs a window of its own",
    "Atlassian does not allow it inside another page. Open it in a window, and go on there.",
);
/// The headline of every mistake of the app's operator.
pub(crate) const SETUP: &str = "This app is not set up yet";
/// What is wrong with the app, and what its operator can do about it.
pub(crate) fn of_setup(fault: SetupFault<'_>) -> Short {
    match fault {
        SetupFault::ScopesNotConfigured(_) => (
            "This page needs permissions that this app never asks Atlassian for. You cannot mend that; please tell the people \
             who run this app.",
            "For them: add these scopes to ATLASSIAN_SCOPES or ATLASSIAN_OPTIONAL_SCOPES, and to the app in the Atlassian \
             developer console.",
        ),
        SetupFault::NoProductScope => (
            "This app has no permission for any Atlassian product, so there is no site to work on. You cannot mend that; please \
             tell the people who run this app.",
            "For them: add a scope of a product, such as read:jira-work, to ATLASSIAN_SCOPES, and to the app in the Atlassian \
             developer console.",
        ),
        SetupFault::Handler => (
            "A part of this app is put together wrongly. You cannot mend that; please tell the people who run this app.",
            "For them: the log says what is wrong.",
        ),
    }
}
/// Before the path that was meant.
pub(crate) const MEANT: &str =
    "For the people who run this app: the path must be exactly, without a slash at its end, ";
/// Why a request has no answer of the app's.
pub(crate) fn of_request(fault: RequestFault<'_>) -> Short {
    match fault {
        RequestFault::NoSuchPage(_) => (
            "There is no such page",
            "The address belongs to the sign-in of this app, and there is nothing at it.",
        ),
        RequestFault::Method => (
            "That did not work",
            "This address cannot be opened in that way. Nothing was done.",
        ),
        RequestFault::Unreadable => (
            "That did not work",
            "What was sent cannot be read, or is too large. Nothing was done.",
        ),
        RequestFault::ForScripts => (
            "There is no page here",
            "This address answers programs only. Nothing was done.",
        ),
        RequestFault::TooMuch => (
            "Too much at a time",
            "This account asks for too much at the same time. Please try again in a moment.",
        ),
    }
}

/// Why a call to Atlassian failed, without anything that Atlassian wrote (docs/attacks.md T161).
pub(crate) fn of_api(trouble: ApiTrouble) -> Short {
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
        ApiTrouble::OutcomeUnknown => (
            "It may have been done",
            "Atlassian did not confirm what you sent, and may have carried it out all the same. Please look there before you \
             send it again.",
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

/// Around the search among many sites.
pub(crate) const SEARCH: &str = "Search";
/// What its field is for.
pub(crate) const SEARCH_LABEL: &str = "Name or address of a site";
/// After the number of sites that fit.
pub(crate) const SITES_FOUND: &str = "sites";
/// Said if there may be more sites than can be shown.
pub(crate) const MANY_SITES: &str = "No more than 500 sites of an account are shown. If yours is missing, please ask the people who run this app.";
/// To the page before.
pub(crate) const PREVIOUS: &str = "Previous";
/// To the next page.
pub(crate) const NEXT: &str = "Next";

/// Why an account may reach no site, and what helps.
pub(crate) const NO_SITES: [&str; 2] = [
    "Perhaps the account has no access to a product there yet, another site was chosen when this app was allowed, or an \
     admin removed the app from the site.",
    "You can choose a site at Atlassian once more, or ask the site's admin.",
];

/// Why a login did not happen: the headline, what happened, and what to do about it.
#[expect(clippy::too_many_lines, reason = "one entry per reason")]
pub(crate) fn of(reason: Reason) -> (&'static str, &'static str, &'static str) {
    match reason {
        Reason::Refused => (
            "That did not work",
            "We could not match Atlassian's answer to you and this browser. That happens when the link was opened in \
             another browser, when you signed out of this app meanwhile, when cookies are blocked, or when it took longer \
             than ten minutes.",
            "Nothing was changed. Please try again from here.",
        ),
        Reason::RefusedByApp => (
            "This app did not accept the account",
            "Atlassian confirmed the account, and this app decided not to accept it.",
            "The people who run this app can tell you why. You can also try again with another Atlassian account.",
        ),
        Reason::AppFailed => (
            "That did not work just now",
            "Atlassian confirmed the account, but this app could not do its own part.",
            "Nothing is lost. Please try again in a moment; if it happens again, tell the people who run this app.",
        ),
        Reason::Cancelled => (
            "You cancelled at Atlassian",
            "Nothing was shared with this app, and nothing was changed.",
            "You can go back, or try again whenever you like.",
        ),
        Reason::Busy => (
            "Many people are at it right now",
            "You had to wait too long in line. Nothing was changed.",
            "Please try again in a minute.",
        ),
        Reason::Setup => (
            "This app is not set up yet",
            "Atlassian answered, but it does not accept this app as it is configured. You cannot mend that; please \
             tell the people who run this app.",
            "For them: check the client secret and the callback URL, and that the User Identity API with the scope \
             read:me was added to the app in the Atlassian developer console. The log says more.",
        ),
        Reason::Cookies => (
            "Your browser sends too many cookies",
            "So many cookies are stored for this site that we cannot tell who you are.",
            "Delete the cookies of this site and its neighbours in the browser's settings, and try again.",
        ),
        Reason::Account => (
            "This account cannot be used",
            "Atlassian says that the account is not active.",
            "You can try again with another account.",
        ),
        Reason::WrongAccount => (
            "Another account was chosen",
            "This was asked of one Atlassian account, and another one answered.",
            "Nothing was changed.",
        ),
        Reason::LinkedElsewhere => (
            "That account is connected already",
            "Another user of this app has connected this Atlassian account, and an account can be connected once only.",
            "Nothing was changed. Use another Atlassian account, or have the other user disconnect it first.",
        ),
        Reason::Unavailable => (
            "That did not work just now",
            "Atlassian, or this app's own storage, did not answer. Nothing is lost.",
            "Please try again in a moment.",
        ),
    }
}
