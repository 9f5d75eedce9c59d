//! The pages that visitors see: what each page has to say, and the built-in look.
//!
//! A [`Page`] is data. [`Pages::render`] makes HTML of it, and the routes send the result with a
//! status and with headers that no page can change: `default-src 'none'`, `frame-ancestors 'none'`,
//! `X-Frame-Options: DENY` (docs/attacks.md T136) and `Referrer-Policy: same-origin` (T132), or
//! `no-referrer` where the address of the page holds a code.
//! [`PlainPages`] is the built-in look; an app replaces it by passing its own [`Pages`] to the
//! builder's `pages`.

mod accounts;
mod bodies;
mod content;
mod context;
#[cfg(test)]
mod hostile;
mod html;
mod plain;
mod sites;
mod texts;
mod words;

pub use self::content::{
    ApiTrouble, ConnectPurpose, ConnectionEntry, ConnectionsNotice, ConnectionsPage, PickerNotice,
    PickerSearch, RequestFault, SetupFault, SiteChoice, Tell,
};
pub use self::context::PageContext;
pub use self::plain::{Color, PlainPages};
pub use self::texts::{PageText, Texts};

use crate::error::{MissingScopeReason, Reason};
use crate::scope::Scopes;

/// What a page has to say.
///
/// Names of accounts and sites come from Atlassian and may hold markup: an implementation of
/// [`Pages`] must escape every text (docs/attacks.md T134). Addresses are made by threelo, or are
/// return targets that passed the rules; they go into quoted attributes, escaped as well.
/// `home_url` is the app's default return target, unless the field says otherwise.
///
/// New variants may come with any version, so that an implementation needs an arm for the others:
///
/// ```
/// use threelo::pages::Page;
///
/// fn headline(page: &Page<'_>) -> &'static str {
///     match page {
///         Page::Picker { .. } => "Choose a site",
///         Page::Logout { account: Some(_), .. } => "Sign out?",
///         Page::Failed { .. } | Page::Cancelled { .. } => "That did not work",
///         _ => "One moment",
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Page<'a> {
    /// A page of another site sent the browser to the login without a click, so that a person
    /// decides whether to go on (docs/attacks.md T015). The way on must be a link and never a form:
    /// Chromium applies `form-action` to the redirects that follow a form (T137).
    Continue {
        /// The address that starts the login.
        login_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Choose a site: a form that posts `site`, `return_to` and, in connect mode, `account` to
    /// `action`. Each site has a button named `site`, whose value is its cloud id.
    Picker {
        /// Where the form goes.
        action: &'a str,
        /// The form's `return_to`.
        return_to: &'a str,
        /// The sites, in the order to show: those of one page, if there are many.
        sites: &'a [SiteChoice<'a>],
        /// The search, and the other pages, if there are many sites.
        search: Option<PickerSearch<'a>>,
        /// The address that adds a site by another consent.
        add_url: &'a str,
        /// Whose sites they are.
        account: &'a str,
        /// The form's `account`, in connect mode: whose site is chosen.
        account_id: Option<&'a str>,
        /// What happened on the way here, if anything did.
        notice: Option<PickerNotice<'a>>,
    },
    /// The account reaches no site through this app; shown instead of an empty picker.
    NoSites {
        /// Who has none; empty if unknown.
        account: &'a str,
        /// The address that asks for consent again.
        add_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// A login did not happen, for one of the reasons of a closed list (docs/attacks.md T135).
    Failed {
        /// Why.
        reason: Reason,
        /// The app's own words, if its hook refused with some: shown instead of ours.
        words: Option<&'a str>,
        /// The address that starts again.
        try_again: &'a str,
        /// Where the visitor wanted to go, or the app's front page.
        home_url: &'a str,
    },
    /// The visitor pressed Cancel at Atlassian (RFC 6749 section 4.1.2.1). Nothing was changed.
    Cancelled {
        /// The address that starts again.
        try_again: &'a str,
        /// Where the visitor was.
        home_url: &'a str,
    },
    /// The callback was opened a second time while the first request still exchanges the code, for
    /// example by a reload (docs/decisions/0020). Nothing is wrong; the visitor waits and goes on.
    StillWorking {
        /// The same address once more. It is empty, so that the page repeats neither code nor
        /// state.
        go_on: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// There is no place for the sign-in at this moment. Nothing was used up, and the page loads itself again (`Refresh`).
    Busy {
        /// Whether it is this visitor who has to wait (429): too many sign-ins come from their network, or a limit of the app's
        /// says so. Otherwise there is no place for anybody, or Atlassian answers slowly (503).
        is_limited: bool,
        /// The same address once more; empty, as that of `StillWorking`.
        go_on: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The visitor is not signed in, or the account must consent again, and a redirect to the login
    /// is no answer: it would lose the body of what was sent (docs/attacks.md T070), or the app in
    /// connect mode does not say where its users sign in.
    SignInFirst {
        /// The address that starts the login; in connect mode the app's own login page. `None` if
        /// the app does not say where that is: the page then has no way on but `home_url`.
        login_url: Option<&'a str>,
        /// Whether that login is Atlassian's (sign-in mode) and not the app's own (connect mode).
        at_atlassian: bool,
        /// The app's front page.
        home_url: &'a str,
    },
    /// What was sent needs a site, and was not done: either none is chosen, or the chosen one is
    /// gone. A site that is gone is never replaced by another one (docs/decisions/0042).
    SiteFirst {
        /// Whether a site was chosen that cannot be reached any more.
        gone: bool,
        /// The picker.
        sites_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The request came from a page of another site and proved no origin; nothing was changed
    /// (docs/attacks.md T108 to T116).
    CrossSite {
        /// The app's front page.
        home_url: &'a str,
    },
    /// The visitor chose another account at Atlassian than the one that was asked for. Neither
    /// session nor links were changed (docs/decisions/0023).
    WrongAccount {
        /// The name of the account that was asked for; empty if this browser's cookie does not tell
        /// it.
        expected: &'a str,
        /// The name of the account that was chosen; empty if this browser's cookie does not tell
        /// it.
        chosen: &'a str,
        /// Where the visitor was.
        home_url: &'a str,
        /// The address of a login that any account may finish; `None` in connect mode, where the
        /// app's user does not change.
        switch_url: Option<&'a str>,
    },
    /// Connect mode: the request needs an Atlassian account, and the app's user has none, or
    /// several of which none was named.
    ConnectFirst {
        /// The page with the accounts, and with the button that connects one.
        connections_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Connect mode: the accounts of the app's user, each with a way to disconnect it, and the
    /// button that connects another.
    Connections(&'a ConnectionsPage<'a>),
    /// Asks before an account is disconnected: a form that posts `account` and `return_to` to
    /// `action`. Opening the address of this page disconnects nothing.
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
    /// The account is not connected any more. Atlassian may still list the app, and only the
    /// account's owner can remove it there.
    Disconnected {
        /// The account's name; empty if unknown.
        account: &'a str,
        /// The address at Atlassian.
        manage_url: &'a str,
        /// Where the visitor was.
        home_url: &'a str,
    },
    /// The end of a login in a popup. The only page with a script, and only if `tell` is there
    /// (docs/decisions/0066).
    Done {
        /// What the script tells the window that opened this one. `None` if no window waits for it,
        /// and on a second visit: then the page must hold no script, which its policy would block
        /// anyway.
        tell: Option<Tell<'a>>,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The browser reloads the same address by itself, so that the second request comes from the
    /// app's own site: with its `SameSite=Strict` cookies (docs/decisions/0033), and without a page
    /// of another site watching (0067). The only page with `<meta http-equiv="refresh">`; it needs
    /// no click. With `<meta name="turbo-visit-control" content="reload">`, Turbo lets the browser load it.
    Bounce {
        /// The query of the same address with `bounced=1`, beginning with `?`. It may hold a code:
        /// it must go into the `refresh` and the link of this page and nowhere else.
        again: &'a str,
    },
    /// The grant lacks scopes that the request needs.
    MissingScope {
        /// Why.
        why: MissingScopeReason,
        /// Which; empty if Atlassian does not say.
        scopes: &'a Scopes,
        /// The address that asks for them. Of no use if `why` is
        /// [`MissingScopeReason::NotGranted`]: Atlassian did not grant them when it was asked.
        login_url: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The app is put together wrongly, and only its operator can correct it (500).
    Misconfigured {
        /// What is wrong.
        fault: SetupFault<'a>,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The request has no answer of the app's, and nothing was done.
    BadRequest {
        /// Why.
        fault: RequestFault<'a>,
        /// The app's front page.
        home_url: &'a str,
    },
    /// The sign-in was opened inside another page, where it cannot work: Atlassian's page refuses to be shown in a frame,
    /// and the app's cookies belong to another site there. The only page that may be framed, so that somebody sees it:
    /// it must show nothing but a link with `target="_blank"`.
    OwnWindow {
        /// The address that starts the login.
        login_url: &'a str,
    },
    /// A call to Atlassian failed that the page needed.
    Api {
        /// What went wrong.
        trouble: ApiTrouble,
        /// The same page once more, or the front page.
        try_again: &'a str,
        /// The app's front page.
        home_url: &'a str,
    },
    /// Asks before the session is ended: a form that posts `return_to`, and `everywhere=true` for
    /// all sessions of the account, to `action`. Opening the address ends nothing (docs/attacks.md
    /// T107).
    Logout {
        /// Where the form goes.
        action: &'a str,
        /// The form's `return_to`.
        return_to: &'a str,
        /// The name of the account that is signed in; `None` for a visitor who is not signed in.
        account: Option<&'a str>,
        /// The app's front page.
        home_url: &'a str,
    },
}

/// Renders the pages. Implement it to give them the app's own look.
///
/// The result is sent as `text/html; charset=utf-8`. The page must hold no script (except on
/// [`Page::Done`]), no inline event handlers, and nothing that is loaded, from the app's own origin
/// either: the reply carries `default-src 'none'`, and [`style_sources`](Self::style_sources)
/// and [`image_sources`](Self::image_sources) are the only additions. Every text must be escaped; see [`Page`].
///
/// ```
/// use threelo::Auth;
/// use threelo::pages::{Page, PageContext, Pages, PlainPages};
///
/// /// A picker of the app's own. All other pages keep the built-in look.
/// struct OwnPages(PlainPages);
///
/// impl Pages for OwnPages {
///     fn render(&self, page: &Page<'_>, context: &PageContext<'_>) -> String {
///         let Page::Picker { action, return_to, sites, .. } = page else {
///             return self.0.render(page, context);
///         };
///         let sites: String = sites
///             .iter()
///             .map(|site| {
///                 let (id, name) = (escaped(site.cloud_id), escaped(site.name));
///                 format!("<button name=\"site\" value=\"{id}\">{name}</button>")
///             })
///             .collect();
///         let (action, return_to) = (escaped(action), escaped(return_to));
///         format!(
///             "<!doctype html><html lang=\"en\"><title>Sites</title><form method=\"post\" action=\"{action}\">\
///              <input type=\"hidden\" name=\"return_to\" value=\"{return_to}\">{sites}</form></html>"
///         )
///     }
///
///     fn style_sources(&self) -> String {
///         self.0.style_sources()
///     }
/// }
///
/// fn escaped(text: &str) -> String {
///     text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
/// }
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
/// let auth = Auth::builder(credentials, "https://app.example.com")
///     .pages(OwnPages(PlainPages::new()))
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub trait Pages: Send + Sync + 'static {
    /// Returns a whole HTML document.
    ///
    /// Called for each page, while its request is answered: it must not block and must not panic. The context says which
    /// languages the visitor reads, and where they are.
    fn render(&self, page: &Page<'_>, context: &PageContext<'_>) -> String;

    /// Returns what `style-src` allows, such as `'self'`, or `'sha256-…'` of the only style block.
    ///
    /// Called once, when the app builds its `Auth` or `Connect`, and the same for all pages.
    fn style_sources(&self) -> String;

    /// Returns what `img-src` allows, such as `'self'` for a logo that the app serves; nothing unless a page has a picture.
    ///
    /// Called once, like [`style_sources`](Self::style_sources).
    fn image_sources(&self) -> String {
        String::new()
    }
}
