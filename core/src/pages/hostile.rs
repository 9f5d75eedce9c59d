//! Every built-in page, rendered with names and addresses that an attacker chose (docs/attacks.md
//! T077, T134). A new page is to be added to `pages`.

use crate::error::{MissingScopeReason, Reason};
use crate::pages::plain::PlainPages;
use crate::pages::{
    ApiTrouble, ConnectPurpose, ConnectionEntry, ConnectionsNotice, ConnectionsPage, Page,
    PageContext, Pages as _, PickerNotice, PickerSearch, SiteChoice, Tell,
};
use crate::scope::Scopes;

/// Markup that would run a script if a page failed to escape it.
const HOSTILE: &str = "</style><script>alert(1)</script>\"'&";
/// The same as text.
const TEXT: &str = "&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;";
/// All reasons of the closed list.
const REASONS: [&str; 11] = [
    "refused",
    "refused_by_app",
    "app_failed",
    "cookies",
    "cancelled",
    "busy",
    "setup",
    "account",
    "unavailable",
    "wrong_account",
    "linked_elsewhere",
];

/// Each page once, with the hostile text wherever it takes one.
#[expect(clippy::too_many_lines, reason = "one entry per page")]
fn pages() -> Vec<String> {
    let site = SiteChoice {
        cloud_id: HOSTILE,
        name: HOSTILE,
        url: Some("https://x\"><script>"),
        current: true,
        added: true,
    };
    let (sites, hostile) = ([site], HOSTILE);
    let scopes = Scopes::parse(hostile);
    let accounts = [ConnectionEntry {
        name: hostile,
        account_id: hostile,
        sites: None,
        needs_consent: false,
        disconnect_url: hostile,
    }];
    let connections = ConnectionsPage {
        notice: Some(ConnectionsNotice::Connected(hostile, hostile)),
        accounts: &accounts,
        connect_action: hostile,
        fields: &[("scope", hostile)],
        purpose: ConnectPurpose::Scopes(hostile),
        go_on: hostile,
    };
    let mut pages = vec![
        Page::Continue {
            login_url: hostile,
            home_url: hostile,
        },
        Page::Picker {
            action: hostile,
            return_to: hostile,
            sites: &sites,
            search: Some(PickerSearch {
                action: hostile,
                words: hostile,
                found: 1,
                page: 1,
                previous_url: Some(hostile),
                next_url: Some(hostile),
                is_cut: true,
            }),
            add_url: hostile,
            account: hostile,
            account_id: Some(hostile),
            notice: Some(PickerNotice::NotGranted(Some(hostile))),
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
        Page::Busy {
            is_limited: true,
            go_on: hostile,
            home_url: hostile,
        },
        Page::SiteFirst {
            gone: true,
            sites_url: hostile,
            home_url: hostile,
        },
        Page::SignInFirst {
            login_url: Some(hostile),
            at_atlassian: true,
            home_url: hostile,
        },
        Page::CrossSite { home_url: hostile },
        Page::MissingScope {
            why: MissingScopeReason::NotAsked,
            scopes: &scopes,
            login_url: hostile,
            home_url: hostile,
        },
        Page::WrongAccount {
            expected: hostile,
            chosen: hostile,
            home_url: hostile,
            switch_url: Some(hostile),
        },
        Page::ConnectFirst {
            connections_url: hostile,
            home_url: hostile,
        },
        Page::Connections(&connections),
        Page::Disconnect {
            action: hostile,
            return_to: hostile,
            account_id: hostile,
            account: hostile,
            home_url: hostile,
        },
        Page::Disconnected {
            account: hostile,
            manage_url: hostile,
            home_url: hostile,
        },
        Page::Bounce { again: hostile },
        Page::Api {
            trouble: ApiTrouble::Failed,
            try_again: hostile,
            home_url: hostile,
        },
        Page::Done {
            tell: None,
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
    for reason in REASONS {
        let reason = Reason::parse(reason).unwrap();
        pages.push(Page::Failed {
            reason,
            words: Some(hostile),
            try_again: hostile,
            home_url: hostile,
        });
    }
    let languages = ["en", "de"];
    let each = languages.into_iter().flat_map(|language| {
        let rendered = |page| rendered(page, language);
        pages.iter().map(rendered).collect::<Vec<_>>()
    });
    each.collect()
}

/// A page of the built-in look, for an app whose name is hostile too.
fn rendered(page: &Page<'_>, language: &str) -> String {
    let accepted = format!("{language}, {HOSTILE}");
    let context = PageContext::new(Some(&accepted), HOSTILE);
    PlainPages::new().app_name(HOSTILE).render(page, &context)
}

#[test]
fn hostile_names_and_addresses_stay_text_on_every_page() {
    for page in pages() {
        // Each time the canary appears, all of it is escaped.
        let canaries = page.matches("alert(1)").count();
        assert!(canaries > 2, "{page}");
        assert_eq!(page.matches(TEXT).count(), canaries, "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("</style>").count(), 1);
    }
}

#[test]
fn every_page_has_one_headline_and_needs_nothing_from_elsewhere() {
    for page in pages() {
        assert_eq!(page.matches("<h1>").count(), 1);
        let lang = ["en", "de"].map(|lang| format!("<html lang=\"{lang}\">"));
        assert!(lang.iter().any(|lang| page.contains(lang)) && page.contains("<title>"));
        for banned in [
            "style=", " onclick", "src=", "<link", "@import", "url(", "://",
        ] {
            assert!(!page.contains(banned), "{banned}");
        }
    }
}

#[test]
fn the_page_that_tells_has_one_script_and_it_is_ours() {
    let done = Page::Done {
        tell: Some(Tell {
            script_url: "/auth/popup.js",
            origin: HOSTILE,
            message: HOSTILE,
            fallback: Some(HOSTILE),
        }),
        home_url: HOSTILE,
    };
    let page = rendered(&done, "en");

    assert_eq!(page.matches("alert(1)").count(), page.matches(TEXT).count());
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script src=\"/auth/popup.js\" "));
}
