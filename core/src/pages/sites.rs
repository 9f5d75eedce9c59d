//! The picker, and the page for an account that reaches no site.

use url::Url;

use crate::pages::html::{
    about, escaped, hidden, link, main_link, name, paragraph, quiet_link, row,
};
use crate::pages::texts::Texts;
use crate::pages::{PickerNotice, PickerSearch, SiteChoice};

/// The note above the list. The requested site is shown as text: it comes from an address.
pub(crate) fn picker_notice(texts: &Texts, notice: PickerNotice<'_>) -> String {
    note(&match notice {
        PickerNotice::NotGranted(Some(requested)) => about(texts.site_not_granted, requested),
        PickerNotice::NotGranted(None) => about(texts.site_not_granted, texts.a_site),
        PickerNotice::Gone => paragraph(texts.site_gone),
    })
}

/// A note that screen readers read first. `html` is HTML.
fn note(html: &str) -> String {
    format!("<div class=\"note\" role=\"status\">{html}</div>")
}

/// The form: one button per site, in the order in which they are given. A click chooses and
/// submits, so that the page needs no script.
pub(crate) fn picker(
    texts: &Texts,
    sites: &[SiteChoice<'_>],
    action: &str,
    return_to: &str,
    account_id: Option<&str>,
) -> String {
    let account = account_id.map(|id| hidden("account", id));
    let entries: String = sites.iter().map(|choice| site(texts, choice)).collect();
    // Safari takes a list without bullets for no list, unless the role is spelled out.
    format!(
        "<form method=\"post\" action=\"{}\">{}{}<ul class=\"sites\" role=\"list\" aria-label=\"{}\">{entries}</ul></form>",
        escaped(action),
        hidden("return_to", return_to),
        account.unwrap_or_default(),
        escaped(texts.sites_label)
    )
}

/// The search form above a long list, and how many sites it finds.
pub(crate) fn searching(
    texts: &Texts,
    search: &PickerSearch<'_>,
    return_to: &str,
    account_id: Option<&str>,
) -> String {
    let account = account_id.map(|id| hidden("account", id));
    let cut = match search.is_cut {
        true => paragraph(texts.many_sites),
        false => String::new(),
    };
    let found = about(texts.sites_found, &search.found.to_string());
    format!(
        "<form method=\"get\" action=\"{}\" role=\"search\">{}{}<div class=\"row\">\
         <input type=\"search\" name=\"search\" value=\"{}\" maxlength=\"100\" aria-label=\"{}\">\
         <button>{}</button></div></form>{cut}{found}",
        escaped(search.action),
        hidden("return_to", return_to),
        account.unwrap_or_default(),
        escaped(search.words),
        escaped(texts.search_label),
        escaped(texts.search),
    )
}

/// The links to the other pages, below the list.
pub(crate) fn paging(texts: &Texts, search: &PickerSearch<'_>) -> String {
    let link = |url: Option<&str>, label| url.map(|url| quiet_link(url, label)).unwrap_or_default();
    row(&[
        link(search.previous_url, texts.previous),
        link(search.next_url, texts.next),
    ])
}

/// One site: its name, its host, and whether it is the current one or new. The current one is never
/// marked as new.
fn site(texts: &Texts, choice: &SiteChoice<'_>) -> String {
    let host = choice
        .url
        .and_then(host)
        .map(|host| format!(" <span class=\"host\">{}</span>", escaped(&host)))
        .unwrap_or_default();
    let mark = if choice.current {
        " class=\"current\" aria-current=\"true\""
    } else {
        ""
    };
    let tag = match (choice.current, choice.added) {
        (true, _) => Some(texts.current_site),
        (false, true) => Some(texts.new_site),
        (false, false) => None,
    };
    let tag = tag.map(|tag| format!(" <span class=\"tag\">{}</span>", escaped(tag)));
    let tag = tag.unwrap_or_default();
    format!(
        "<li><button{mark} name=\"site\" value=\"{}\"><span class=\"name\">{}</span>{tag}{host}</button></li>\n",
        escaped(choice.cloud_id),
        name(choice.name)
    )
}

/// The host of an `https` address. User, port, path and query are not shown, and neither is any
/// part of another address (docs/attacks.md T151).
pub(crate) fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
    url.host_str().map(str::to_owned)
}

/// The link that adds a site. It stands above the list, because there may be many sites.
pub(crate) fn add(texts: &Texts, add_url: &str) -> String {
    let question = escaped(texts.picker.advice);
    format!("<p>{question} {}</p>", link(add_url, texts.add_site))
}

/// Why the account reaches no site, and how to choose one at Atlassian. `account` may be empty.
pub(crate) fn no_sites(texts: &Texts, account: &str, add_url: &str, home_url: &str) -> String {
    let who = match account {
        "" => texts.your_account,
        account => account,
    };
    let buttons = row(&[
        main_link(add_url, texts.choose_site_at_atlassian),
        quiet_link(home_url, texts.back),
    ]);
    about(texts.no_sites.body, who) + &paragraph(texts.no_sites.advice) + &buttons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_shows_the_host_of_its_https_address_and_no_other_part() {
        let shown = host("https://someone:secret@Acme.atlassian.net:8443/wiki?x=1#y");

        assert_eq!(shown.as_deref(), Some("acme.atlassian.net"));
        for other in ["http://acme.example", "javascript:alert(1)", "acme", ""] {
            assert_eq!(host(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_cannot_spell_itself_backwards() {
        assert_eq!(name("Acme \u{202e}live\u{2066}"), "<bdi>Acme live</bdi>");
    }

    #[test]
    fn only_the_current_site_is_called_current() {
        let site = |name, current| SiteChoice {
            cloud_id: name,
            name,
            url: None,
            current,
            added: true,
        };
        let list = picker(
            &Texts::english(),
            &[site("one", false), site("two", true)],
            "/auth/site",
            "/",
            None,
        );

        assert_eq!(list.matches("current site").count(), 1);
        let entry = list.lines().find(|line| line.contains("current site"));
        assert!(entry.is_some_and(|entry| entry.contains(">two<")));
    }
}
