//! The pages that visitors see: what they say, and their built-in look.

mod html;
mod plain;
mod text;

pub use self::plain::PlainPages;
use crate::error::Reason;

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
    /// Signed out, or never in, and a detour would lose what was sent: sign in and do it again.
    SignInFirst {
        /// The address that starts the login.
        login_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The request came from a page of another site, and nothing was changed.
    CrossSite {
        /// The app's front page.
        home_url: &'a str,
    },
    /// The grant lacks scopes that the page needs.
    MissingScope {
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
    /// Whether the session works on it.
    pub current: bool,
}

/// Renders the pages; replace it to give them your own look.
///
/// A page must hold no script and nothing of another origin: the replies carry `default-src 'none'`.
pub trait Pages: Send + Sync + 'static {
    /// A whole HTML document.
    fn render(&self, page: &Page<'_>) -> String;

    /// What `style-src` must allow, e.g. `'sha256-…'` of the one style block.
    fn style_sources(&self) -> String;
}
