//! The parts of pages that are more than a text or an address.
//!
//! All of them borrow from the request that is answered, and live as long as its page is rendered.
//! Texts are not escaped here; see [`Page`](crate::pages::Page).

use crate::provider::site::Site;
use crate::scope::Scopes;

/// What the last page of a login in a popup tells the window that opened it.
///
/// The page does it with this element at the end of its body, each value escaped; `data-fallback`
/// is left out if there is no fallback. The script is constant and reads the attributes, so that
/// the policy needs no inline script (docs/decisions/0066).
///
/// ```
/// use threelo::pages::Tell;
///
/// fn script(tell: &Tell<'_>) -> String {
///     let fallback = match tell.fallback {
///         Some(to) => format!(" data-fallback=\"{}\"", escaped(to)),
///         None => String::new(),
///     };
///     format!(
///         "<script src=\"{}\" data-origin=\"{}\" data-message=\"{}\"{fallback}></script>",
///         escaped(tell.script_url),
///         escaped(tell.origin),
///         escaped(tell.message),
///     )
/// }
/// # fn escaped(text: &str) -> String { text.replace('&', "&amp;").replace('"', "&quot;") }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Tell<'a> {
    /// The path of the script, which threelo serves (`GET popup.js`).
    pub script_url: &'a str,
    /// The listed origin that may receive the message: the target of `postMessage`, never `*`.
    pub origin: &'a str,
    /// The message, as JSON: `{"type": "threelo:done"}`, with a `ticket` for an origin of another
    /// site.
    pub message: &'a str,
    /// Where the popup itself goes if its opener was cut off on the way, for example by
    /// `Cross-Origin-Opener-Policy`: a page of `origin`, with the ticket in its fragment.
    pub fallback: Option<&'a str>,
}

/// How a visitor finds one of many sites. Shown only if they do not fit on one page.
///
/// A form with the method `get` to `action`, with a text field `search` and the fields `return_to` and, in connect mode,
/// `account`, as the picker itself has them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PickerSearch<'a> {
    /// Where the form goes.
    pub action: &'a str,
    /// What was searched for; empty if nothing was. It comes from the address.
    pub words: &'a str,
    /// How many sites there are that fit, on all pages.
    pub found: usize,
    /// Which page it is, from 1.
    pub page: usize,
    /// The address of the page before.
    pub previous_url: Option<&'a str>,
    /// The address of the next page.
    pub next_url: Option<&'a str>,
    /// Whether the account may reach more sites than can be shown at all.
    pub is_cut: bool,
}

/// Why a request has no answer of the app's, as far as a visitor can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestFault<'a> {
    /// There is nothing at the address (404). The path that was meant, if it differs by case or by slashes at the end
    /// only.
    NoSuchPage(Option<&'a str>),
    /// Connect mode: the address belongs to the other mode (404). Where accounts are connected instead.
    ConnectInstead(&'a str),
    /// The address does not take this method (405).
    Method,
    /// What was sent cannot be read, or is too large (400, 413).
    Unreadable,
    /// The answer is for scripts only, or the ticket or the call is refused (403).
    ForScripts,
    /// Too much at a time (429).
    TooMuch,
}

/// A mistake in how the app is put together. Only its operator can correct it, and the visitor is told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetupFault<'a> {
    /// The page needs scopes that the app never asks for.
    ScopesNotConfigured(&'a Scopes),
    /// The app has no scope of a product, so that no account can reach a site.
    NoProductScope,
    /// A handler asks for what cannot be; the log says what.
    Handler,
}

/// Why a call to Atlassian failed, as far as a visitor can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiTrouble {
    /// The account has no permission for it, or an admin of the site has a rule against it.
    Forbidden,
    /// It does not exist, or the account cannot see it: Atlassian answers both alike.
    NotFound,
    /// Atlassian asks for fewer calls (429). The reply carries `Retry-After` if Atlassian gave one.
    Busy,
    /// A change was not confirmed: it may have been carried out, and must not be sent again before somebody has looked.
    OutcomeUnknown,
    /// Atlassian did not answer, or its answer was an outage.
    Unavailable,
    /// Any other failure: a refused call, or an answer that cannot be read.
    Failed,
}

/// One site of the picker.
///
/// ```
/// use threelo::pages::SiteChoice;
///
/// fn button(site: &SiteChoice<'_>) -> String {
///     let current = if site.current { " aria-current=\"true\"" } else { "" };
///     let (id, name) = (escaped(site.cloud_id), escaped(site.name));
///     format!("<button name=\"site\" value=\"{id}\"{current}>{name}</button>")
/// }
/// # fn escaped(text: &str) -> String { text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;") }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SiteChoice<'a> {
    /// What the form posts as `site`.
    pub cloud_id: &'a str,
    /// The name that the site has at Atlassian. Several sites may have the same.
    pub name: &'a str,
    /// The site's address, of which the host tells sites of one name apart. `None` if Atlassian
    /// gave none that is `https` (docs/attacks.md T151).
    pub url: Option<&'a str>,
    /// Whether the visitor works on this site now.
    pub current: bool,
    /// Whether the newest consent added it.
    pub added: bool,
}

/// What the picker says above its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PickerNotice<'a> {
    /// The visitor was sent to Atlassian to add this site (an address, a host or a cloud id, as the
    /// request named it), and then allowed others. `None` if its name must not be repeated: anybody can have written it
    /// into a link.
    NotGranted(Option<&'a str>),
    /// The site that was chosen before cannot be reached any more. The visitor chooses again:
    /// another site is never taken silently (docs/decisions/0042).
    Gone,
}

/// What the page of the connected accounts holds.
///
/// The connect button is a form that posts `fields` to `connect_action`. Without the page nothing
/// starts a flow: in connect mode no `GET` does (docs/decisions/0034).
///
/// ```
/// use threelo::pages::ConnectionsPage;
///
/// fn connect_form(page: &ConnectionsPage<'_>) -> String {
///     let fields: String = page
///         .fields
///         .iter()
///         .map(|(name, value)| {
///             let value = escaped(value);
///             format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
///         })
///         .collect();
///     let action = escaped(page.connect_action);
///     format!("<form method=\"post\" action=\"{action}\">{fields}<button>Connect</button></form>")
/// }
/// # fn escaped(text: &str) -> String { text.replace('&', "&amp;").replace('"', "&quot;") }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionsPage<'a> {
    /// What just happened; shown once, and only for an account that is still connected.
    pub notice: Option<ConnectionsNotice<'a>>,
    /// The connected accounts, the earliest link first; empty before the first connection.
    pub accounts: &'a [ConnectionEntry<'a>],
    /// Where the form of the connect button goes.
    pub connect_action: &'a str,
    /// Names and values of the form's hidden fields. The names are constants; the values may come
    /// from the request and must be escaped. An `account` among them says that the button is for
    /// that account alone, so that the entries need no button of their own.
    pub fields: &'a [(&'a str, &'a str)],
    /// What the connect button is for.
    pub purpose: ConnectPurpose<'a>,
    /// Where the visitor was going before this page.
    pub go_on: &'a str,
}

/// What just happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionsNotice<'a> {
    /// An account was connected: its name and its account id. A page must show both, so that a user
    /// whose browser was signed in to another person's account at Atlassian notices it
    /// (docs/attacks.md T014).
    Connected(&'a str, &'a str),
}

/// What the connect button is for.
///
/// ```
/// use threelo::pages::ConnectPurpose;
///
/// fn label(purpose: ConnectPurpose<'_>) -> &'static str {
///     match purpose {
///         ConnectPurpose::Scopes(_) => "Ask for the permission",
///         ConnectPurpose::Site(_) => "Choose a site",
///         ConnectPurpose::Again(_) => "Connect again",
///         _ => "Connect an account",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectPurpose<'a> {
    /// To connect the first account, or another one.
    Account,
    /// To ask for these scopes, which are separated by spaces. Only scopes that the app offers are
    /// among them.
    Scopes(&'a str),
    /// To add another site of the account with this name.
    Site(&'a str),
    /// To renew the consent of the account with this name: the last one ended.
    Again(&'a str),
}

/// One connected account.
///
/// ```
/// use threelo::pages::ConnectionEntry;
///
/// fn row(entry: &ConnectionEntry<'_>) -> String {
///     let sites = match entry.sites {
///         Some(sites) => format!("{} sites", sites.len()),
///         None => "sites unknown".to_owned(),
///     };
///     let (name, url) = (escaped(entry.name), escaped(entry.disconnect_url));
///     format!("<li>{name}: {sites}, <a href=\"{url}\">disconnect</a></li>")
/// }
/// # fn escaped(text: &str) -> String { text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;") }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConnectionEntry<'a> {
    /// The name that the account showed at its newest consent, else its id.
    pub name: &'a str,
    /// The account id, the only thing that identifies an account (docs/decisions/0013).
    pub account_id: &'a str,
    /// The sites that the account reaches, each once; `None` while they could not be read.
    pub sites: Option<&'a [Site]>,
    /// Whether no consent of the account works any more, so that the account must be connected
    /// again.
    pub needs_consent: bool,
    /// The address of the page that asks whether to disconnect it.
    pub disconnect_url: &'a str,
}
