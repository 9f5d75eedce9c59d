//! The built-in look: plain HTML and CSS, no script, nothing of another origin.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::html::{escaped, hidden, main_link, paragraph, quiet_link, row};
use super::{Page, Pages, SiteChoice, text};
use crate::error::Reason;

const STYLE: &str = include_str!("style.css");

/// The built-in pages: readable on phones and desktops, in light and dark, by keyboard and screen reader.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PlainPages {
    app_name: Option<String>,
}

impl PlainPages {
    /// Pages that name no app.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the app's name above every headline.
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.app_name = Some(name.into());
        self
    }

    fn document(&self, title: &str, body: &str) -> String {
        let title = escaped(title);
        let app = self
            .app_name
            .as_deref()
            .map(|name| format!("<p class=\"app\">{}</p>", escaped(name)));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n{}<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n",
            app.unwrap_or_default()
        )
    }
}

impl Pages for PlainPages {
    fn render(&self, page: &Page<'_>) -> String {
        let (title, body) = content(page);
        self.document(title, &body)
    }

    fn style_sources(&self) -> String {
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE)))
    }
}

fn content(page: &Page<'_>) -> (&'static str, String) {
    match page {
        Page::Picker {
            action,
            return_to,
            sites,
            add_url,
            account,
        } => {
            let intro = format!("You are {account}. Which site do you want to work on?");
            (
                "Choose a site",
                paragraph(&intro) + &picker(sites, (action, return_to)) + &add(add_url),
            )
        }
        Page::NoSites {
            account,
            add_url,
            home_url,
        } => ("No site to work on", no_sites(account, add_url, home_url)),
        Page::Failed {
            reason,
            try_again,
            home_url,
        } => failed(*reason, try_again, home_url),
        Page::Cancelled {
            try_again,
            home_url,
        } => failed(Reason::Cancelled, try_again, home_url),
        Page::Logout {
            action,
            return_to,
            account,
            home_url,
        } => ("Sign out", logout(*account, (action, return_to), home_url)),
        other => notice(other),
    }
}

fn notice(page: &Page<'_>) -> (&'static str, String) {
    match page {
        Page::Continue { login_url, .. } => {
            short(CONTINUE, Some((login_url, "Go on to Atlassian")), page)
        }
        Page::StillWorking { go_on, .. } => short(STILL_WORKING, Some((go_on, "Go on")), page),
        Page::SignInFirst { login_url, .. } => short(
            SIGN_IN_FIRST,
            Some((login_url, "Sign in with Atlassian")),
            page,
        ),
        Page::MissingScope { login_url, .. } => short(
            MISSING_SCOPE,
            Some((login_url, "Ask Atlassian for it")),
            page,
        ),
        _ => short(CROSS_SITE, None, page),
    }
}

fn home_of<'a>(page: &Page<'a>) -> &'a str {
    match page {
        Page::Continue { home_url, .. }
        | Page::StillWorking { home_url, .. }
        | Page::SignInFirst { home_url, .. }
        | Page::MissingScope { home_url, .. }
        | Page::CrossSite { home_url }
        | Page::NoSites { home_url, .. }
        | Page::Failed { home_url, .. }
        | Page::Cancelled { home_url, .. }
        | Page::Logout { home_url, .. } => home_url,
        Page::Picker { return_to, .. } => return_to,
    }
}

/// A headline and one paragraph.
type Short = (&'static str, &'static str);

const CONTINUE: Short = (
    "Sign in with Atlassian?",
    "A page of another site sent you here. Go on only if you want to sign in to this app.",
);
const STILL_WORKING: Short = (
    "Almost there",
    "Your sign-in is still being finished, probably in another tab or after a reload.",
);
const SIGN_IN_FIRST: Short = (
    "Please sign in first",
    "You are not signed in any more, so what you just sent was not done. Sign in, then do it again.",
);
const MISSING_SCOPE: Short = (
    "One more permission is needed",
    "This page needs a permission that you did not give to this app so far.",
);
const CROSS_SITE: Short = (
    "Nothing was done",
    "This came from a page of another site, so we did not do it. Use the app's own pages instead.",
);

/// A page of a headline, a paragraph, the way on if there is one, and the way back.
fn short(
    (title, text): Short,
    on: Option<(&str, &str)>,
    page: &Page<'_>,
) -> (&'static str, String) {
    let on = on.map(|(url, text)| main_link(url, text));
    let back = quiet_link(home_of(page), "Back to the app");
    (
        title,
        paragraph(text) + &row(&[on.unwrap_or_default(), back]),
    )
}

fn failed(reason: Reason, try_again: &str, home_url: &str) -> (&'static str, String) {
    let (title, happened, advice) = text::of(reason);
    let buttons = row(&[
        main_link(try_again, "Try again"),
        quiet_link(home_url, "Back to the app"),
    ]);
    (title, paragraph(happened) + &paragraph(advice) + &buttons)
}

fn picker(sites: &[SiteChoice<'_>], (action, return_to): (&str, &str)) -> String {
    let entries: String = sites.iter().map(site).collect();
    format!(
        "<form method=\"post\" action=\"{}\">{}<ul class=\"sites\">{entries}</ul></form>",
        escaped(action),
        hidden("return_to", return_to)
    )
}

fn site(choice: &SiteChoice<'_>) -> String {
    let host = choice.url.and_then(|url| url.strip_prefix("https://"));
    let host = host
        .map(|host| format!("<span class=\"host\">{}</span>", escaped(host)))
        .unwrap_or_default();
    let (class, tag) = if choice.current {
        (" class=\"current\"", "<span class=\"tag\">current</span>")
    } else {
        ("", "")
    };
    format!(
        "<li><button{class} name=\"site\" value=\"{}\"><span class=\"name\">{}</span>{tag}{host}</button></li>",
        escaped(choice.cloud_id),
        escaped(choice.name)
    )
}

fn add(add_url: &str) -> String {
    row(&[quiet_link(add_url, "Add a site")])
}

fn no_sites(account: &str, add_url: &str, home_url: &str) -> String {
    let who = if account.is_empty() {
        "Your account".to_owned()
    } else {
        account.to_owned()
    };
    paragraph(&format!(
        "{who} reaches no Atlassian site through this app."
    )) + &paragraph(
        "Either the account has no access to a product there, or an admin removed the app from the site. Ask the \
             site's admin, or choose a site at Atlassian once more.",
    ) + &row(&[
        main_link(add_url, "Choose a site at Atlassian"),
        quiet_link(home_url, "Back to the app"),
    ])
}

fn logout(account: Option<&str>, (action, return_to): (&str, &str), home_url: &str) -> String {
    let Some(account) = account else {
        return paragraph("You are not signed in.")
            + &row(&[main_link(home_url, "Back to the app")]);
    };
    format!(
        "{}<form method=\"post\" action=\"{}\">{}<div class=\"row\"><button class=\"main\">Sign out</button>\
         <button name=\"everywhere\" value=\"true\">Sign out on all devices</button>{}</div></form>",
        paragraph(&format!("You are signed in as {account}.")),
        escaped(action),
        hidden("return_to", return_to),
        quiet_link(home_url, "Stay signed in")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</style><script>alert(1)</script>\"'&";

    #[expect(clippy::too_many_lines, reason = "one entry per page")]
    fn pages() -> Vec<String> {
        let site = SiteChoice {
            cloud_id: HOSTILE,
            name: HOSTILE,
            url: Some("https://x\"><script>"),
            current: true,
        };
        let (sites, hostile) = ([site], HOSTILE);
        let mut pages = vec![
            Page::Continue {
                login_url: hostile,
                home_url: hostile,
            },
            Page::Picker {
                action: hostile,
                return_to: hostile,
                sites: &sites,
                add_url: hostile,
                account: hostile,
            },
            Page::NoSites {
                account: hostile,
                add_url: hostile,
                home_url: hostile,
            },
            Page::Cancelled {
                try_again: hostile,
                home_url: hostile,
            },
            Page::StillWorking {
                go_on: hostile,
                home_url: hostile,
            },
            Page::SignInFirst {
                login_url: hostile,
                home_url: hostile,
            },
            Page::CrossSite { home_url: hostile },
            Page::MissingScope {
                login_url: hostile,
                home_url: hostile,
            },
            Page::Logout {
                action: hostile,
                return_to: hostile,
                account: Some(hostile),
                home_url: hostile,
            },
            Page::Logout {
                action: hostile,
                return_to: hostile,
                account: None,
                home_url: hostile,
            },
        ];
        for reason in [
            "refused",
            "cancelled",
            "busy",
            "setup",
            "account",
            "unavailable",
        ] {
            let reason = Reason::parse(reason).unwrap();
            pages.push(Page::Failed {
                reason,
                try_again: hostile,
                home_url: hostile,
            });
        }
        let look = PlainPages::new().app_name(HOSTILE);
        pages.iter().map(|page| look.render(page)).collect()
    }

    #[test]
    fn hostile_names_and_addresses_stay_text_on_every_page() {
        for page in pages() {
            assert!(
                !page.contains("<script") && !page.contains("\"'&\""),
                "{page}"
            );
            assert_eq!(page.matches("</style>").count(), 1);
        }
    }

    #[test]
    fn every_page_has_one_headline_and_needs_nothing_from_elsewhere() {
        for page in pages() {
            assert_eq!(page.matches("<h1>").count(), 1);
            assert!(page.contains("<html lang=\"en\">") && page.contains("<title>"));
            for banned in ["style=\"", " onclick", "src=", "<link", "@import", "url("] {
                assert!(!page.contains(banned), "{banned}");
            }
        }
    }

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
