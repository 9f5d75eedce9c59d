//! The pages that visitors see: what they say, and their built-in look.

mod accounts;
#[cfg(test)]
mod hostile;
mod html;
mod plain;
mod sites;
mod text;

pub use self::plain::PlainPages;

use crate::error::{MissingScopeReason, Reason};
use crate::provider::site::Site;
use crate::scope::Scopes;

/// What a page says. Names of people and sites are data: a page escapes them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Page<'a> {
    /// A page of another site led here: a person decides whether to go on. One link goes on, never a form, because
    /// Chrome holds redirects of forms against `form-action`.
    Continue {
        /// The address that starts the login.
        login_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Choose a site: a form that posts `site` and `return_to` to `action`.
    Picker {
        /// Where the form goes.
        action: &'a str,
        /// The form's `return_to`.
        return_to: &'a str,
        /// The sites, in the order to show.
        sites: &'a [SiteChoice<'a>],
        /// The address that adds a site by another consent.
        add_url: &'a str,
        /// Whose sites they are.
        account: &'a str,
        /// The form's `account`, in connect mode: whose site is chosen.
        account_id: Option<&'a str>,
        /// What happened on the way here, if anything did.
        notice: Option<PickerNotice<'a>>,
    },
    /// No site is reachable.
    NoSites {
        /// Who has none; empty if unknown.
        account: &'a str,
        /// The address that asks for consent again.
        add_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// A login did not happen.
    Failed {
        /// Why.
        reason: Reason,
        /// The address that starts again.
        try_again: &'a str,
        /// Where the visitor wanted to go, or the app's front page.
        home_url: &'a str,
    },
    /// The visitor pressed Cancel at Atlassian.
    Cancelled {
        /// The address that starts again.
        try_again: &'a str,
        /// Where the visitor was.
        home_url: &'a str,
    },
    /// A second arrival while the first is at work.
    StillWorking {
        /// The same address once more: empty, so that the page does not repeat what stands in it.
        go_on: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Signed out, or never in, and a detour would lose what was sent, or there is none: sign in and do it again.
    SignInFirst {
        /// The address that starts the login; in connect mode the app's own, if it says where.
        login_url: Option<&'a str>,
        /// Whether that leads to Atlassian.
        at_atlassian: bool,
        /// The app's front page.
        home_url: &'a str,
    },
    /// What was sent needs a site first, and was not done.
    SiteFirst {
        /// Whether the site that was chosen is not reachable any more.
        gone: bool,
        /// The picker.
        sites_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The request came from a page of another site, and nothing was changed.
    CrossSite {
        /// The app's front page.
        home_url: &'a str,
    },
    /// The account at Atlassian is another one than the one that was asked for; nothing was changed.
    WrongAccount {
        /// Who was asked for; empty if no name is known.
        expected: &'a str,
        /// Who came; empty if no name is known.
        chosen: &'a str,
        /// Where the visitor was.
        home_url: &'a str,
        /// The address that signs in whoever is chosen, where that makes sense.
        switch_url: Option<&'a str>,
    },
    /// Connect mode: the page needs an Atlassian account, or one of several.
    ConnectFirst {
        /// The page with the accounts, and with the button that connects one.
        connections_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Connect mode: the accounts of the app's user, each with a way to end it, and the button that connects another.
    Connections(&'a ConnectionsPage<'a>),
    /// Disconnect? A form that posts `account` and `return_to` to `action`.
    Disconnect {
        /// Where the form goes.
        action: &'a str,
        /// The form's `return_to`.
        return_to: &'a str,
        /// The form's `account`.
        account_id: &'a str,
        /// The account's name.
        account: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// An account was disconnected here, and where to remove the app at Atlassian.
    Disconnected {
        /// The account's name; empty if unknown.
        account: &'a str,
        /// The address at Atlassian.
        manage_url: &'a str,
        /// Where the visitor was.
        home_url: &'a str,
    },
    /// The end of a login in a window of its own, which may be closed now. The one page with a script, and only where there
    /// is somebody to tell.
    Done {
        /// Whom to tell.
        tell: Option<Tell<'a>>,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The browser comes again by itself, this time with the app's own cookies: a page that needs no click. The one page
    /// with a `refresh`.
    Bounce {
        /// The query of this very address, to come again.
        again: &'a str,
    },
    /// The grant lacks scopes that the page needs.
    MissingScope {
        /// Why.
        why: MissingScopeReason,
        /// Which; empty if Atlassian does not say.
        scopes: &'a Scopes,
        /// The address that asks for them.
        login_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Atlassian did not give what the page needs.
    Api {
        /// What went wrong.
        trouble: ApiTrouble,
        /// The same page once more, or the front page.
        try_again: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Sign out? A form that posts `return_to`, and `everywhere=true` for all devices, to `action`.
    Logout {
        /// Where the form goes.
        action: &'a str,
        /// The form's `return_to`.
        return_to: &'a str,
        /// Who is signed in, if anybody.
        account: Option<&'a str>,
        /// The app's front page.
        home_url: &'a str,
    },
}

/// How a page tells whoever opened its window: by
/// `<script src="{script_url}" data-origin="{origin}" data-message="{message}" data-fallback="{fallback}"></script>`, each
/// escaped, at the end of its body; the last is left out if there is none.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Tell<'a> {
    /// The address of our script.
    pub script_url: &'a str,
    /// Who may hear it.
    pub origin: &'a str,
    /// What they hear, as JSON.
    pub message: &'a str,
    /// Where this window goes if nobody hears it.
    pub fallback: Option<&'a str>,
}

/// Why Atlassian did not give what a page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiTrouble {
    /// The account may not do that.
    Forbidden,
    /// It does not exist, or the account cannot see it.
    NotFound,
    /// Too many calls.
    Busy,
    /// No answer.
    Unavailable,
    /// Anything else.
    Failed,
}

/// One site of the picker.
#[derive(Clone, Copy, Debug)]
pub struct SiteChoice<'a> {
    /// The form's `site`.
    pub cloud_id: &'a str,
    /// The name to show.
    pub name: &'a str,
    /// The address, to tell sites of one name apart.
    pub url: Option<&'a str>,
    /// Whether the visitor works on it.
    pub current: bool,
    /// Whether the last consent added it.
    pub added: bool,
}

/// What the picker says above its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PickerNotice<'a> {
    /// The site that was wished for is not among those that were granted.
    NotGranted(&'a str),
    /// The site that was chosen before is not reachable any more.
    Gone,
}

/// What the page of the connected accounts holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionsPage<'a> {
    /// What just happened.
    pub notice: Option<ConnectionsNotice<'a>>,
    /// The accounts, the earliest link first.
    pub accounts: &'a [ConnectionEntry<'a>],
    /// Where the form of the connect button goes; its fields are `fields`.
    pub connect_action: &'a str,
    /// The hidden fields of the connect form.
    pub fields: &'a [(&'a str, &'a str)],
    /// What the connect button is for.
    pub purpose: ConnectPurpose<'a>,
    /// Where the visitor was going.
    pub go_on: &'a str,
}

/// What just happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionsNotice<'a> {
    /// An account was connected: its name and its id, so that everybody sees whose it is.
    Connected(&'a str, &'a str),
}

/// What the connect button is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectPurpose<'a> {
    /// Another account, or the first.
    Account,
    /// Scopes that a page needs.
    Scopes(&'a str),
    /// Another site of the account with this name.
    Site(&'a str),
    /// A new consent of the account with this name, whose last one ended.
    Again(&'a str),
}

/// One connected account.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConnectionEntry<'a> {
    /// The name that the account shows.
    pub name: &'a str,
    /// The account's id.
    pub account_id: &'a str,
    /// The sites that it reaches; `None` while nobody could read them.
    pub sites: Option<&'a [Site]>,
    /// Whether the account must consent again before it is of use.
    pub needs_consent: bool,
    /// The page that disconnects it.
    pub disconnect_url: &'a str,
}

/// Renders the pages; replace it to give them your own look.
///
/// A page must hold no script (but that of [`Page::Done`]) and nothing of another origin: the replies carry `default-src 'none'`.
pub trait Pages: Send + Sync + 'static {
    /// A whole HTML document.
    fn render(&self, page: &Page<'_>) -> String;

    /// What `style-src` must allow, e.g. `'sha256-…'` of the one style block.
    fn style_sources(&self) -> String;
}
