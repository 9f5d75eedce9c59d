//! The pages to which a handoff ticket may come, registered exactly as redirect URIs are (RFC 9700 section 4.1.3;
//! docs/decisions/0084).

use std::sync::Arc;

use url::{Position, Url};

use crate::config::problem::Problem;
use crate::environment::{is_loopback, origin_text};
use crate::return_to::ReturnToRules;

/// Checks the registered pages against the listed origins of other sites; each that cannot be one is added to `problems`.
pub(crate) fn handoff_pages(
    pages: &[String],
    origins: &[&str],
    problems: &mut Vec<Problem>,
) -> Vec<Arc<str>> {
    let mut good = Vec::new();
    for page in pages {
        match remedy(page, origins) {
            Some(remedy) => problems.push(Problem {
                setting: "handoff_pages",
                value: format!("{page:?}"),
                remedy,
            }),
            None => good.push(page.as_str().into()),
        }
    }
    good
}

/// Pages to which no login can come back, because the rules for return targets refuse them or write them in another way.
pub(crate) fn unreachable(pages: &[Arc<str>], rules: &ReturnToRules) -> Vec<Problem> {
    let reaches = |page: &&Arc<str>| {
        let place = rules.accept(page);
        place.is_some_and(|place| place.as_str() == &***page)
    };
    let problem = |page: &Arc<str>| Problem {
        setting: "handoff_pages",
        value: format!("{page:?}"),
        remedy: "no login can come back to it: see the rules for return targets".to_owned(),
    };
    pages
        .iter()
        .filter(|page| !reaches(page))
        .map(problem)
        .collect()
}

/// What is wrong with a page, if anything.
fn remedy(page: &str, origins: &[&str]) -> Option<String> {
    let text = |text: &str| Some(text.to_owned());
    let Ok(url) = Url::parse(page) else {
        return text("give the whole address of a page, such as https://app.example.org/signed-in");
    };
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return text("leave out the fragment and the user: the ticket comes in the fragment");
    }
    if url.as_str() != page {
        return Some(format!("write it as browsers do: {url}"));
    }
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if !is_safe {
        return text("use https; plain http is for localhost only");
    }
    let origin = origin_text(&url);
    let is_listed = origins.iter().any(|listed| is_of(&origin, listed));
    match is_listed {
        true => None,
        false => Some(format!(
            "list {origin} in cross_site_origins, or the extension that https://<id>.chromiumapp.org belongs to"
        )),
    }
}

/// Whether pages at `origin` belong to a listed origin: to itself, or, for an extension, at the address at which Chrome
/// hands it the end of a login.
pub(crate) fn is_of(origin: &str, listed: &str) -> bool {
    let extension = listed.strip_prefix("chrome-extension://");
    origin == listed
        || extension.is_some_and(|id| origin == format!("https://{id}.chromiumapp.org"))
}

/// Whether a return target is one of the pages; only its fragment may differ.
pub(crate) fn is_page(pages: &[Arc<str>], target: &Url) -> bool {
    let target = &target[..Position::AfterQuery];
    pages.iter().any(|page| **page == *target)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: [&str; 3] = [
        "https://spa.example",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "http://127.0.0.1:47217",
    ];

    #[test]
    fn a_page_is_a_whole_address_of_a_listed_origin_of_another_site() {
        for page in [
            "https://spa.example/",
            "https://spa.example/signed-in?from=threelo",
            "https://abcdefghijklmnopabcdefghijklmnop.chromiumapp.org/",
            "http://127.0.0.1:47217/done",
        ] {
            assert_eq!(remedy(page, &LISTED), None, "{page}");
        }
        for page in [
            "",
            "/signed-in",
            "https://spa.example",
            "https://spa.example/a/../b",
            "https://spa.example/#x",
            "https://user@spa.example/",
            "http://spa.example/",
            "https://spa.example:8443/",
            "https://other.example/",
            "https://app.example.com/",
            "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.chromiumapp.org/",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop/page.html",
        ] {
            assert!(remedy(page, &LISTED).is_some(), "{page}");
        }
    }

    #[test]
    fn a_target_is_compared_exactly_its_fragment_aside() {
        let pages: [Arc<str>; 1] = ["https://spa.example/signed-in?a=1".into()];
        let is = |target| is_page(&pages, &Url::parse(target).unwrap());
        assert!(is("https://spa.example/signed-in?a=1"));
        assert!(is("https://spa.example/signed-in?a=1#step-3"));
        for other in [
            "https://spa.example/signed-in",
            "https://spa.example/signed-in?a=1&b=2",
            "https://spa.example/signed-in/?a=1",
            "https://spa.example/out?to=https://evil.example",
        ] {
            assert!(!is(other), "{other}");
        }
    }
}
