//! The built-in look: plain HTML and CSS, no script, nothing that is loaded.
//!
//! `content`, `account_page`, `passing_page` and `notice` map each [`Page`] to a headline and a
//! body, in this order, each handing on what it does not know; the last takes everything that
//! consists of a headline, one paragraph and two links.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use sha2::Sha256;

use crate::error::Reason;
use crate::pages::accounts::{self, Disconnect, WrongAccount};
use crate::pages::html::{
    about, escaped, hidden, main_link, paragraph, quiet_link, row, window_link,
};
use crate::pages::sites::{add, no_sites, paging, picker, picker_notice, searching};
use crate::pages::text::{
    self, BOUNCE, CONNECT_FIRST_PAGE, CONTINUE, CROSS_SITE, DONE, SIGN_IN_FIRST, STILL_WORKING,
    Short,
};
use crate::pages::{ApiTrouble, Page, Pages, RequestFault, SetupFault, Tell};

/// The only style block. Its hash is what `style-src` allows, so that injected styles do not apply.
const STYLE: &str = include_str!("style.css");

/// The built-in pages: readable on phones and on desktops, in light and dark, by keyboard and with
/// a screen reader. In English.
///
/// An app that is content with the look but wants its name on the pages passes them with the name:
///
/// ```
/// use threelo::Auth;
/// use threelo::pages::PlainPages;
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
/// let auth = Auth::builder(credentials, "https://app.example.com")
///     .pages(PlainPages::new().app_name("Incidents"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PlainPages {
    /// Shown above every headline and behind it in the title; escaped when a page is rendered.
    app_name: Option<String>,
}

impl PlainPages {
    /// Makes pages that show no app name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the app's name above every headline and in the title. Markup in it is shown as text.
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.app_name = Some(name.into());
        self
    }

    /// Puts a document together. `headline` and the app's name are escaped here; `body` and
    /// `refresh` are HTML already. `noindex` keeps the pages out of search results.
    fn document(&self, headline: &str, body: &str, refresh: &str) -> String {
        let headline = escaped(headline);
        let (title, app) = match self.app_name.as_deref().map(escaped) {
            Some(name) => (
                format!("{headline} – {name}"),
                format!("<p class=\"app\">{name}</p>\n"),
            ),
            None => (headline.clone(), String::new()),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n{refresh}<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n{app}<h1>{headline}</h1>\n{body}\n</main>\n</body>\n</html>\n"
        )
    }
}

impl Pages for PlainPages {
    /// Renders a page. Only [`Page::Bounce`] gets a `refresh`.
    fn render(&self, page: &Page<'_>) -> String {
        let (title, body) = content(page);
        let refresh = match page {
            Page::Bounce { again } => format!(
                "<meta http-equiv=\"refresh\" content=\"0;url={}\">\n",
                escaped(again)
            ),
            _ => String::new(),
        };
        self.document(title, &body, &refresh)
    }

    /// The hash of the only style block.
    fn style_sources(&self) -> String {
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE)))
    }
}

/// The headline and the body of a page: sites, failures and the logout.
#[expect(clippy::too_many_lines, reason = "one arm per page")]
fn content(page: &Page<'_>) -> (&'static str, String) {
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
            let intro = about("You are ", account, ". Which site do you want to work on?");
            let said = notice.map(picker_notice).unwrap_or_default();
            let form = picker(sites, action, return_to, *account_id);
            let before = search.map(|search| searching(&search, return_to, *account_id));
            let after = search.map(|search| paging(&search)).unwrap_or_default();
            let list = before.unwrap_or_default() + &form + &after;
            ("Choose a site", said + &intro + &add(add_url) + &list)
        }
        Page::NoSites {
            account,
            add_url,
            home_url,
        } => ("No site to work on", no_sites(account, add_url, home_url)),
        Page::Failed {
            reason,
            words,
            try_again,
            home_url,
        } => failed(*reason, *words, try_again, home_url),
        Page::Cancelled {
            try_again,
            home_url,
        } => failed(Reason::Cancelled, None, try_again, home_url),
        Page::Logout {
            action,
            return_to,
            account,
            home_url,
        } => ("Sign out", logout(*account, action, return_to, home_url)),
        other => account_page(other),
    }
}

/// The same for the pages on which a visitor chooses or checks an account.
fn account_page(page: &Page<'_>) -> (&'static str, String) {
    match page {
        Page::WrongAccount {
            expected,
            chosen,
            home_url,
            switch_url,
        } => (
            "Another account was chosen",
            accounts::wrong_account(&WrongAccount {
                expected,
                chosen,
                home_url,
                switch_url: *switch_url,
            }),
        ),
        Page::Connections(page) => accounts::connections(page),
        Page::Disconnect {
            action,
            return_to,
            account_id,
            account,
            home_url,
        } => (
            "Disconnect",
            accounts::disconnect(&Disconnect {
                action,
                return_to,
                account_id,
                account,
                home_url,
            }),
        ),
        other => passing_page(other),
    }
}

/// The same for the pages that ask for nothing: what happened, or where the browser goes next.
fn passing_page(page: &Page<'_>) -> (&'static str, String) {
    match page {
        Page::Disconnected {
            account,
            manage_url,
            home_url,
        } => (
            "Disconnected",
            accounts::disconnected(account, manage_url, home_url),
        ),
        Page::Done { tell, home_url } => done(tell.as_ref(), home_url),
        Page::OwnWindow { login_url } => {
            let (title, said) = text::OWN_WINDOW;
            (
                title,
                paragraph(said) + &row(&[window_link(login_url, "Open the sign-in")]),
            )
        }
        Page::Misconfigured { fault, home_url } => misconfigured(*fault, home_url),
        Page::BadRequest { fault, home_url } => bad_request(*fault, home_url),
        Page::Bounce { again } => (
            "Almost there",
            paragraph(BOUNCE) + &row(&[main_link(again, "Go on")]),
        ),
        other => notice(other),
    }
}

/// The same for the short pages.
fn notice(page: &Page<'_>) -> (&'static str, String) {
    let (said, on) = words(page);
    short(said, on, page)
}

/// What a short page says, and its way on: an address and a label. A scope that Atlassian did not
/// grant has no way on, because asking again would not help.
fn words<'a>(page: &Page<'a>) -> (Short, Option<(&'a str, &'static str)>) {
    let ask = "Ask Atlassian for it";
    match *page {
        Page::Continue { login_url, .. } => (CONTINUE, Some((login_url, "Go on to Atlassian"))),
        Page::StillWorking { go_on, .. } => (STILL_WORKING, Some((go_on, "Go on"))),
        Page::Busy {
            is_limited, go_on, ..
        } => (text::busy(is_limited), Some((go_on, "Go on now"))),
        Page::SignInFirst {
            login_url,
            at_atlassian: true,
            ..
        } => (
            SIGN_IN_FIRST,
            login_url.map(|url| (url, "Sign in with Atlassian")),
        ),
        Page::SignInFirst { login_url, .. } => {
            (SIGN_IN_FIRST, login_url.map(|url| (url, "Sign in")))
        }
        Page::SiteFirst {
            gone, sites_url, ..
        } => (text::site_first(gone), Some((sites_url, "Choose a site"))),
        Page::ConnectFirst {
            connections_url, ..
        } => (
            CONNECT_FIRST_PAGE,
            Some((connections_url, "Choose an account")),
        ),
        Page::MissingScope { why, login_url, .. } => {
            let helps = why.can_be_asked();
            (text::of_scopes(why), helps.then_some((login_url, ask)))
        }
        Page::Api {
            trouble, try_again, ..
        } => {
            let again = (trouble != ApiTrouble::OutcomeUnknown).then_some((try_again, "Try again"));
            (text::of_api(trouble), again)
        }
        _ => (CROSS_SITE, None),
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
        | Page::Logout { home_url, .. } => home_url,
        Page::Picker { return_to, .. } => return_to,
        Page::Connections(page) => page.go_on,
        Page::Bounce { again } => again,
        Page::OwnWindow { login_url } => login_url,
        Page::Done { home_url, .. } => home_url,
    }
}

/// What is wrong with the app, and what its operator can do about it.
fn misconfigured(fault: SetupFault<'_>, home_url: &str) -> (&'static str, String) {
    let (said, advice) = text::of_setup(fault);
    let scopes = match fault {
        SetupFault::ScopesNotConfigured(scopes) => paragraph(&scopes.to_string()),
        _ => String::new(),
    };
    let back = row(&[quiet_link(home_url, "Back to the app")]);
    (
        text::SETUP,
        paragraph(said) + &scopes + &paragraph(advice) + &back,
    )
}

/// Why a request has no answer, and the path that was meant, if there is one.
fn bad_request(fault: RequestFault<'_>, home_url: &str) -> (&'static str, String) {
    let (title, said) = text::of_request(fault);
    let meant = match fault {
        RequestFault::NoSuchPage(Some(path)) => paragraph(&format!("{}{path}", text::MEANT)),
        _ => String::new(),
    };
    let back = row(&[quiet_link(home_url, "Back to the app")]);
    (title, paragraph(said) + &meant + &back)
}

/// The end of a login in a popup; with the script only if a window waits for its message.
fn done(tell: Option<&Tell<'_>>, home_url: &str) -> (&'static str, String) {
    let (title, said) = DONE;
    let back = row(&[quiet_link(home_url, "Back to the app")]);
    let script = tell.map(telling).unwrap_or_default();
    (title, paragraph(said) + &back + &script)
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

/// A page of a headline, a paragraph, the way on if there is one, and the way back.
fn short(text: Short, on: Option<(&str, &str)>, page: &Page<'_>) -> (&'static str, String) {
    let (title, said) = text;
    let on = on.map(|(url, label)| main_link(url, label));
    let back = quiet_link(home_of(page), "Back to the app");
    (
        title,
        paragraph(said) + &row(&[on.unwrap_or_default(), back]),
    )
}

/// What happened and what to do about it, in constant words (docs/attacks.md T134) or in those of the
/// app. The way on starts the login again.
fn failed(
    reason: Reason,
    words: Option<&str>,
    try_again: &str,
    home_url: &str,
) -> (&'static str, String) {
    let (title, happened, advice) = text::of(reason);
    let happened = words.unwrap_or(happened);
    let buttons = row(&[
        main_link(try_again, "Try again"),
        quiet_link(home_url, "Back to the app"),
    ]);
    (title, paragraph(happened) + &paragraph(advice) + &buttons)
}

/// Asks before the session is ended. The second button posts `everywhere=true`. A visitor who is
/// not signed in gets no form.
fn logout(account: Option<&str>, action: &str, return_to: &str, home_url: &str) -> String {
    let Some(account) = account else {
        return paragraph("You are not signed in.")
            + &row(&[main_link(home_url, "Back to the app")]);
    };
    format!(
        "{}<form method=\"post\" action=\"{}\">{}<div class=\"row\"><button class=\"main\">Sign out</button>\
         <button name=\"everywhere\" value=\"true\">Sign out on all devices</button>{}</div></form>",
        about("You are signed in as ", account, "."),
        escaped(action),
        hidden("return_to", return_to),
        quiet_link(home_url, "Stay signed in")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_exactly_the_style_block_of_the_document() {
        let look = PlainPages::new();
        let page = look.render(&Page::CrossSite { home_url: "/" });
        let block = page
            .split("<style>")
            .nth(1)
            .unwrap()
            .split("</style>")
            .next()
            .unwrap();

        assert_eq!(
            look.style_sources(),
            format!("'sha256-{}'", STANDARD.encode(Sha256::digest(block)))
        );
    }
}
