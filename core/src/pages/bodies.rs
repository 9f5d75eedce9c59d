//! What each page consists of, in the built-in look.
//!
//! `content`, `account_page`, `passing_page` and `notice` map each [`Page`] to a headline and a
//! body, in this order, each handing on what it does not know; the last takes everything that
//! consists of a headline, one paragraph and two links.

use crate::error::Reason;
use crate::pages::accounts::{self, Disconnect, WrongAccount};
use crate::pages::html::{
    about, escaped, hidden, main_link, paragraph, quiet_link, row, window_link,
};
use crate::pages::sites::{add, no_sites, paging, picker, picker_notice, searching};
use crate::pages::texts::{PageText, Texts};
use crate::pages::words;
use crate::pages::{ApiTrouble, Page, RequestFault, SetupFault, Tell};

/// A headline and a body, which is HTML.
pub(crate) type Content = (&'static str, String);

/// The headline and the body of a page: sites, failures and the logout.
#[expect(clippy::too_many_lines, reason = "one arm per page")]
pub(crate) fn content(texts: &Texts, page: &Page<'_>) -> Content {
    match page {
        Page::Picker {
            action,
            return_to,
            sites,
            search,
            add_url,
            account,
            account_id,
            notice,
        } => {
            let intro = about(texts.picker.body, account);
            let said = notice.map(|notice| picker_notice(texts, notice));
            let form = picker(texts, sites, action, return_to, *account_id);
            let before = search.map(|search| searching(texts, &search, return_to, *account_id));
            let after = search.map(|search| paging(texts, &search));
            let list = before.unwrap_or_default() + &form + &after.unwrap_or_default();
            let above = said.unwrap_or_default() + &intro + &add(texts, add_url);
            (texts.picker.title, above + &list)
        }
        Page::NoSites {
            account,
            add_url,
            home_url,
        } => (
            texts.no_sites.title,
            no_sites(texts, account, add_url, home_url),
        ),
        Page::Failed {
            reason,
            words,
            try_again,
            home_url,
        } => failed(
            texts,
            &Failure {
                reason: *reason,
                words: *words,
                try_again,
                home_url,
            },
        ),
        Page::Cancelled {
            try_again,
            home_url,
        } => failed(
            texts,
            &Failure {
                reason: Reason::Cancelled,
                words: None,
                try_again,
                home_url,
            },
        ),
        Page::Logout {
            action,
            return_to,
            account,
            home_url,
        } => {
            let form = LogoutForm {
                account: *account,
                action,
                return_to,
                home_url,
            };
            (texts.logout.title, logout(texts, &form))
        }
        other => account_page(texts, other),
    }
}

/// The same for the pages on which a visitor chooses or checks an account.
fn account_page(texts: &Texts, page: &Page<'_>) -> Content {
    match page {
        Page::WrongAccount {
            expected,
            chosen,
            home_url,
            switch_url,
        } => {
            let shown = WrongAccount {
                expected,
                chosen,
                home_url,
                switch_url: *switch_url,
            };
            let body = accounts::wrong_account(texts, &shown);
            (texts.wrong_account.title, body)
        }
        Page::Connections(page) => accounts::connections(texts, page),
        Page::Disconnect {
            action,
            return_to,
            account_id,
            account,
            home_url,
        } => {
            let shown = Disconnect {
                action,
                return_to,
                account_id,
                account,
                home_url,
            };
            (texts.disconnect.title, accounts::disconnect(texts, &shown))
        }
        other => passing_page(texts, other),
    }
}

/// The same for the pages that ask for nothing: what happened, or where the browser goes next.
fn passing_page(texts: &Texts, page: &Page<'_>) -> Content {
    match page {
        Page::Disconnected {
            account,
            manage_url,
            home_url,
        } => (
            texts.disconnected.title,
            accounts::disconnected(texts, account, manage_url, home_url),
        ),
        Page::Done { tell, home_url } => done(texts, tell.as_ref(), home_url),
        Page::OwnWindow { login_url } => {
            let link = window_link(login_url, texts.open_sign_in);
            let PageText { title, body, .. } = texts.own_window;
            (title, paragraph(body) + &row(&[link]))
        }
        Page::Misconfigured { fault, home_url } => misconfigured(texts, *fault, home_url),
        Page::BadRequest { fault, home_url } => bad_request(texts, *fault, home_url),
        Page::Bounce { again } => (
            texts.bounce.title,
            paragraph(texts.bounce.body) + &row(&[main_link(again, texts.go_on)]),
        ),
        other => notice(texts, other),
    }
}

/// A page of a headline, a paragraph, the way on if there is one, and the way back.
fn notice(texts: &Texts, page: &Page<'_>) -> Content {
    let (text, on) = words(texts, page);
    let on = on.map(|(url, label)| main_link(url, label));
    let back = quiet_link(home_of(page), texts.back);
    let buttons = row(&[on.unwrap_or_default(), back]);
    (text.title, paragraph(text.body) + &buttons)
}

/// The way on of a short page: an address and a label.
type WayOn<'a> = Option<(&'a str, &'static str)>;

/// What a short page says, and its way on. A scope that Atlassian did not grant has no way on, because asking again would not
/// help.
#[expect(clippy::too_many_lines, reason = "one arm per page")]
fn words<'a>(texts: &Texts, page: &Page<'a>) -> (PageText, WayOn<'a>) {
    match *page {
        Page::Continue { login_url, .. } => (
            texts.continue_login,
            Some((login_url, texts.go_on_to_atlassian)),
        ),
        Page::StillWorking { go_on, .. } => (texts.still_working, Some((go_on, texts.go_on))),
        Page::Busy {
            is_limited, go_on, ..
        } => {
            let text = if is_limited {
                texts.limited
            } else {
                texts.busy
            };
            (text, Some((go_on, texts.go_on_now)))
        }
        Page::SignInFirst {
            login_url,
            at_atlassian,
            ..
        } => {
            let label = match at_atlassian {
                true => texts.sign_in_with_atlassian,
                false => texts.sign_in,
            };
            (texts.sign_in_first, login_url.map(|url| (url, label)))
        }
        Page::SiteFirst {
            gone, sites_url, ..
        } => {
            let text = if gone {
                texts.site_gone_first
            } else {
                texts.site_first
            };
            (text, Some((sites_url, texts.choose_site)))
        }
        Page::ConnectFirst {
            connections_url, ..
        } => (
            texts.connect_first,
            Some((connections_url, texts.choose_account)),
        ),
        Page::MissingScope { why, login_url, .. } => {
            let ask = why
                .can_be_asked()
                .then_some((login_url, texts.ask_atlassian));
            (words::of_scopes(texts, why), ask)
        }
        Page::Api {
            trouble, try_again, ..
        } => {
            let again = trouble != ApiTrouble::OutcomeUnknown;
            let again = again.then_some((try_again, texts.try_again));
            (words::of_api(texts, trouble), again)
        }
        _ => (texts.cross_site, None),
    }
}

/// Where the way back of a page leads.
fn home_of<'a>(page: &Page<'a>) -> &'a str {
    match page {
        Page::Continue { home_url, .. }
        | Page::StillWorking { home_url, .. }
        | Page::Busy { home_url, .. }
        | Page::SignInFirst { home_url, .. }
        | Page::SiteFirst { home_url, .. }
        | Page::MissingScope { home_url, .. }
        | Page::ConnectFirst { home_url, .. }
        | Page::WrongAccount { home_url, .. }
        | Page::Disconnect { home_url, .. }
        | Page::Disconnected { home_url, .. }
        | Page::CrossSite { home_url }
        | Page::Misconfigured { home_url, .. }
        | Page::BadRequest { home_url, .. }
        | Page::Api { home_url, .. }
        | Page::NoSites { home_url, .. }
        | Page::Failed { home_url, .. }
        | Page::Cancelled { home_url, .. }
        | Page::Logout { home_url, .. }
        | Page::Done { home_url, .. } => home_url,
        Page::Picker { return_to, .. } => return_to,
        Page::Connections(page) => page.go_on,
        Page::Bounce { again } => again,
        Page::OwnWindow { login_url } => login_url,
    }
}

/// What is wrong with the app, and what its operator can do about it.
fn misconfigured(texts: &Texts, fault: SetupFault<'_>, home_url: &str) -> Content {
    let text = words::of_setup(texts, fault);
    let scopes = match fault {
        SetupFault::ScopesNotConfigured(scopes) => paragraph(&scopes.to_string()),
        _ => String::new(),
    };
    let back = row(&[quiet_link(home_url, texts.back)]);
    let advice = paragraph(text.advice);
    (text.title, paragraph(text.body) + &scopes + &advice + &back)
}

/// Why a request has no answer, and the path that was meant, if there is one.
fn bad_request(texts: &Texts, fault: RequestFault<'_>, home_url: &str) -> Content {
    let text = words::of_request(texts, fault);
    let meant = match fault {
        RequestFault::NoSuchPage(Some(path)) => paragraph(&text.advice.replace("{}", path)),
        _ => String::new(),
    };
    let on = match fault {
        RequestFault::ConnectInstead(url) => main_link(url, texts.choose_account),
        _ => String::new(),
    };
    let buttons = row(&[on, quiet_link(home_url, texts.back)]);
    (text.title, paragraph(text.body) + &meant + &buttons)
}

/// The end of a login in a popup; with the script only if a window waits for its message.
fn done(texts: &Texts, tell: Option<&Tell<'_>>, home_url: &str) -> Content {
    let back = row(&[quiet_link(home_url, texts.back)]);
    let script = tell.map(telling).unwrap_or_default();
    (
        texts.done.title,
        paragraph(texts.done.body) + &back + &script,
    )
}

/// The script element, as documented at [`Tell`]. Every value is escaped and quoted.
fn telling(tell: &Tell<'_>) -> String {
    let fallback = tell
        .fallback
        .map(|to| format!(" data-fallback=\"{}\"", escaped(to)));
    format!(
        "<script src=\"{}\" data-origin=\"{}\" data-message=\"{}\"{}></script>",
        escaped(tell.script_url),
        escaped(tell.origin),
        escaped(tell.message),
        fallback.unwrap_or_default()
    )
}

/// A login that did not happen.
struct Failure<'a> {
    reason: Reason,
    /// The app's own words.
    words: Option<&'a str>,
    try_again: &'a str,
    home_url: &'a str,
}

/// What happened and what to do about it, in constant words (docs/attacks.md T134) or in those of the
/// app. The way on starts the login again.
fn failed(texts: &Texts, failure: &Failure<'_>) -> Content {
    let text = words::of_reason(texts, failure.reason);
    let happened = failure.words.unwrap_or(text.body);
    let buttons = row(&[
        main_link(failure.try_again, texts.try_again),
        quiet_link(failure.home_url, texts.back),
    ]);
    let advice = paragraph(text.advice);
    (text.title, paragraph(happened) + &advice + &buttons)
}

/// The form that ends a session.
struct LogoutForm<'a> {
    /// The name of the account; `None` for a visitor who is not signed in.
    account: Option<&'a str>,
    action: &'a str,
    return_to: &'a str,
    home_url: &'a str,
}

/// Asks before the session is ended. The second button posts `everywhere=true`. A visitor who is
/// not signed in gets no form.
fn logout(texts: &Texts, form: &LogoutForm<'_>) -> String {
    let Some(account) = form.account else {
        return paragraph(texts.logout.advice) + &row(&[main_link(form.home_url, texts.back)]);
    };
    format!(
        "{}<form method=\"post\" action=\"{}\">{}<div class=\"row\"><button class=\"main\">{}</button>\
         <button name=\"everywhere\" value=\"true\">{}</button>{}</div></form>",
        about(texts.logout.body, account),
        escaped(form.action),
        hidden("return_to", form.return_to),
        escaped(texts.sign_out),
        escaped(texts.sign_out_everywhere),
        quiet_link(form.home_url, texts.stay_signed_in)
    )
}
