//! The pages about an Atlassian account: connected, chosen by mistake, or about to be disconnected.
//!
//! Every name on them comes from Atlassian and goes through [`name`] or [`about`].

use crate::pages::html::{
    about, escaped, hidden, link, main_link, name, paragraph, quiet_link, row,
};
use crate::pages::sites::host;
use crate::pages::texts::{PageText, Texts};
use crate::pages::{ConnectPurpose, ConnectionEntry, ConnectionsNotice, ConnectionsPage};
use crate::provider::site::Site;

/// The connected accounts, with what the visitor came for above the list and the connect button
/// below. Right after a connection the way on stands above the list instead of a way back below it.
pub(crate) fn connections(texts: &Texts, page: &ConnectionsPage<'_>) -> (&'static str, String) {
    let (title, intro) = headline(texts, page);
    let entries: String = page
        .accounts
        .iter()
        .map(|one| entry(texts, page, one))
        .collect();
    let list = match entries.as_str() {
        "" => String::new(),
        entries => format!(
            "<ul class=\"accounts\" role=\"list\" aria-label=\"{}\">{entries}</ul>",
            escaped(texts.connections_label)
        ),
    };
    let back = match page.notice {
        Some(_) => String::new(),
        None => quiet_link(page.go_on, texts.back),
    };
    (title, intro + &list + &connect_button(texts, page, &back))
}

/// What just happened, or what the visitor came for.
fn headline(texts: &Texts, page: &ConnectionsPage<'_>) -> (&'static str, String) {
    if let Some(ConnectionsNotice::Connected(who, id)) = page.notice {
        let go_on = row(&[main_link(page.go_on, texts.go_on)]);
        return (texts.connected.title, connected(texts, who, id) + &go_on);
    }
    let (text, rest) = match page.purpose {
        ConnectPurpose::Scopes(scopes) => (texts.connect_scopes, permissions(scopes)),
        ConnectPurpose::Site(who) => return named(texts.connect_site, who),
        ConnectPurpose::Again(who) => return named(texts.connect_again, who),
        ConnectPurpose::Account if page.accounts.is_empty() => (texts.connect, String::new()),
        ConnectPurpose::Account => (texts.connections, String::new()),
    };
    (text.title, paragraph(text.body) + &rest)
}

/// A headline, and a paragraph with a name in it.
fn named(text: PageText, who: &str) -> (&'static str, String) {
    (text.title, about(text.body, who))
}

/// Name and id of the account that was just connected, and what to do if it is another person's
/// (docs/attacks.md T014).
fn connected(texts: &Texts, who: &str, id: &str) -> String {
    about(texts.connected.body, who)
        + &format!("<p class=\"host\">{}</p>", escaped(id))
        + &paragraph(texts.connected.advice)
}

/// The scopes as a list, in the words of Atlassian's developer console: threelo has no translation
/// of its own that could be wrong.
fn permissions(scopes: &str) -> String {
    let items: String = scopes
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .map(|scope| format!("<li><code>{}</code></li>", escaped(scope)))
        .collect();
    format!("<ul>{items}</ul>")
}

/// The button that starts a flow; its label says what for. It is the main button unless the visitor
/// came for nothing in particular and has an account already.
fn connect_button(texts: &Texts, page: &ConnectionsPage<'_>, beside: &str) -> String {
    let label = match (page.purpose, page.notice, page.accounts.is_empty()) {
        (ConnectPurpose::Scopes(_), None, _) => texts.ask_atlassian,
        (ConnectPurpose::Site(_), None, _) => texts.choose_site_at_atlassian,
        (ConnectPurpose::Again(_), None, _) => texts.connect_again_button,
        (_, _, true) => texts.connect_button,
        _ => texts.connect_another,
    };
    let is_only_one_more = page.purpose == ConnectPurpose::Account && !page.accounts.is_empty();
    let is_main = page.notice.is_none() && !is_only_one_more;
    let button = ConnectButton {
        label,
        is_main,
        beside,
    };
    connect_form(page, &[], &button)
}

/// The button of a form, and what stands beside it.
struct ConnectButton<'a> {
    /// What the button says; escaped.
    label: &'a str,
    /// Whether it looks like the main button of the page.
    is_main: bool,
    /// What follows the button, as HTML.
    beside: &'a str,
}

/// The form that starts a flow: the fields of the page, those of `more`, and the button.
fn connect_form(
    page: &ConnectionsPage<'_>,
    more: &[(&str, &str)],
    button: &ConnectButton<'_>,
) -> String {
    let fields = page.fields.iter().chain(more);
    let fields: String = fields.map(|(name, value)| hidden(name, value)).collect();
    let class = if button.is_main {
        " class=\"main\""
    } else {
        ""
    };
    format!(
        "<form method=\"post\" action=\"{}\">{fields}<div class=\"row\"><button{class}>{}</button>{}</div></form>",
        escaped(page.connect_action),
        escaped(button.label),
        button.beside
    )
}

/// One account: its name, its sites or that its consent ended, and its buttons. The form for
/// another site or a new consent is left out if the main button is for one certain account already,
/// because the form would then post `account` twice.
fn entry(texts: &Texts, page: &ConnectionsPage<'_>, entry: &ConnectionEntry<'_>) -> String {
    let state = match (entry.needs_consent, entry.sites) {
        (true, _) => paragraph(texts.permission_ended),
        (false, Some(sites)) => format!("<p class=\"host\">{}</p>", reached(texts, sites)),
        (false, None) => String::new(),
    };
    let label = if entry.needs_consent {
        texts.connect_again_button
    } else {
        texts.add_site
    };
    let disconnect = quiet_link(entry.disconnect_url, texts.disconnect_button);
    let is_step_up = page.fields.iter().any(|(name, _)| *name == "account");
    let buttons = if is_step_up {
        row(&[disconnect])
    } else {
        let account = [("account", entry.account_id)];
        let button = ConnectButton {
            label,
            is_main: entry.needs_consent,
            beside: &disconnect,
        };
        connect_form(page, &account, &button)
    };
    format!(
        "<li><span class=\"name\">{}</span>{state}{buttons}</li>\n",
        name(entry.name)
    )
}

/// The hosts of the sites that an account reaches; the name of a site without a usable address.
fn reached(texts: &Texts, sites: &[Site]) -> String {
    let names = sites.iter().map(|site| {
        let host = site.url.as_deref().and_then(host);
        escaped(&host.unwrap_or_else(|| site.name.to_string()))
    });
    match names.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => escaped(texts.no_site_reachable),
        hosts => hosts,
    }
}

/// What the page shows that asks before it disconnects; see
/// [`Page::Disconnect`](crate::pages::Page).
pub(crate) struct Disconnect<'a> {
    /// Where the form goes.
    pub action: &'a str,
    /// The form's `return_to`.
    pub return_to: &'a str,
    /// The form's `account`.
    pub account_id: &'a str,
    /// The account's name.
    pub account: &'a str,
    /// The way back, which changes nothing.
    pub home_url: &'a str,
}

/// Asks whether to disconnect an account. Only the form does it, not the address of this page.
pub(crate) fn disconnect(texts: &Texts, page: &Disconnect<'_>) -> String {
    format!(
        "{}{}<form method=\"post\" action=\"{}\">{}{}<div class=\"row\"><button class=\"main\">{}</button>{}</div></form>",
        about(texts.disconnect.body, page.account),
        paragraph(texts.disconnect.advice),
        escaped(page.action),
        hidden("account", page.account_id),
        hidden("return_to", page.return_to),
        escaped(texts.disconnect_button),
        quiet_link(page.home_url, texts.keep)
    )
}

/// The account is disconnected here. Atlassian may still list the app, so the page links to where
/// people remove it themselves. `account` is empty if no cookie tells the name.
pub(crate) fn disconnected(
    texts: &Texts,
    account: &str,
    manage_url: &str,
    home_url: &str,
) -> String {
    let who = match account {
        "" => paragraph(texts.no_longer_connected),
        account => about(texts.disconnected.body, account),
    };
    let manage = format!(
        "<p>{} {}</p>",
        escaped(texts.disconnected.advice),
        link(manage_url, texts.manage_apps)
    );
    who + &manage + &row(&[main_link(home_url, texts.back)])
}

/// What the page about a wrong account shows; see [`Page::WrongAccount`](crate::pages::Page).
pub(crate) struct WrongAccount<'a> {
    /// The name of the account that was asked for; empty if it is not known.
    pub expected: &'a str,
    /// The name of the account that was chosen; empty if it is not known.
    pub chosen: &'a str,
    /// Where the visitor was.
    pub home_url: &'a str,
    /// The address of a login that any account may finish, if there is one.
    pub switch_url: Option<&'a str>,
}

/// The visitor chose another account than the one that was asked for, and nothing was changed.
pub(crate) fn wrong_account(texts: &Texts, page: &WrongAccount<'_>) -> String {
    let asked = match page.expected {
        "" => paragraph(texts.asked_of_another),
        expected => about(texts.here_you_are, expected),
    };
    let came = match page.chosen {
        "" => paragraph(texts.you_chose_another),
        chosen => about(texts.you_chose, chosen),
    };
    let switch = page
        .switch_url
        .map(|url| quiet_link(url, texts.sign_in_as_other));
    let buttons = row(&[
        main_link(page.home_url, texts.back),
        switch.unwrap_or_default(),
    ]);
    asked + &came + &paragraph(texts.wrong_account.advice) + &buttons
}
