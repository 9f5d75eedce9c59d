//! `GET connections`: the accounts that the app's user has connected. Connect mode only.

use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::unix_seconds;
use crate::error::Rejection;
use crate::flow::Flash;
use crate::grant::{self, GrantSet};
use crate::message::{Audience, Reply};
use crate::pages::{ConnectPurpose, ConnectionEntry, ConnectionsNotice, ConnectionsPage, Page};
use crate::provider::site::Site;
use crate::web::reply::json::{self, site_json};
use crate::web::reply::waiting_parameters;
use crate::web::request::{Request, clear_flash, flash, query, return_target};
use crate::web::routes::login_params::{handoff, offered};
use crate::web::security::{require_method, require_readable};
use crate::web::state::Web;

/// Lists the accounts: a page with buttons for navigations, JSON otherwise.
///
/// In connect mode this page stands in the place of every login (docs/decisions/0034): rejections
/// that a consent would solve lead here with `scope`, `site` or `account`, and the button starts
/// the flow.
///
/// # Errors
///
/// 405; [`Rejection::Forbidden`] for reads from other sites; [`Rejection::NotSignedIn`] and
/// [`Rejection::Subject`] for the user; [`Rejection::Store`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    require_readable(web, request)?;
    let linked = grant::of_subject(&web.ports, request.subject.required()?).await?;
    if request.context.audience == Audience::Page {
        let page = page(web, request, &linked).await;
        return Ok(clear_flash(web, request, page));
    }
    let connections: Vec<Value> = linked.iter().map(as_json).collect();
    let body = json!({
        "connections": connections,
        "connect_url": web.seen_from(&request.context, web.route("connect", &[])),
        "disconnect_url": web.seen_from(&request.context, web.route("disconnect", &[])),
    });
    Ok(json::reply(StatusCode::OK, &body))
}

/// One account as scripts see it. Times are seconds since 1970. `profile` and `connected_at` are
/// `null` if they are not known, `consent_needed` is a reason or `null`. No token is part of it
/// (docs/attacks.md T142).
fn as_json(set: &GrantSet) -> Value {
    let grant = set.newest();
    let subject = set.holder().subject.as_ref();
    let link = subject.and_then(|subject| grant.link_of(subject));
    let chosen = set.last_site();
    let sites: Vec<Value> = known_sites(set)
        .iter()
        .map(|site| site_json(site, Some(&site.id) == chosen.as_ref(), &grant.added))
        .collect();
    json!({
        "account_id": set.account().as_str(),
        "name": set.display_name(),
        "profile": grant.profile.as_deref(),
        "scopes": set.scopes().iter().collect::<Vec<_>>(),
        "sites": sites,
        "connected_at": link.map(|link| unix_seconds(link.linked_at)),
        "consent_needed": grant.consent_needed.map(|mark| mark.reason.as_str()),
    })
}

/// The sites that the account reaches, each once, as far as they are stored. Nothing is read at
/// Atlassian for this page.
fn known_sites(set: &GrantSet) -> Vec<Site> {
    let sites = set.grants().filter_map(|grant| grant.sites.as_deref());
    crate::provider::site::merged(sites.flatten().cloned())
}

/// The page. Its parameters say what the visitor was sent here for; what they name is checked or
/// shown as text, and nothing starts before the button is pressed.
async fn page(web: &Web, request: &Request, linked: &[GrantSet]) -> Reply {
    let query = query(request);
    let here = return_target(web, query.one("return_to"));
    let return_to = here.unwrap_or_else(|| web.ports.config.default_return_to.clone());
    let show = |set| Shown::of(web, set, return_to.as_str());
    let shown: Vec<Shown> = linked.iter().map(show).collect();
    let accounts: Vec<ConnectionEntry<'_>> = linked
        .iter()
        .zip(&shown)
        .map(|(set, shown)| entry(set, shown))
        .collect();
    let scopes = offered(web, &query).join(" ");
    let wanted = Purpose {
        scopes: &scopes,
        site: query.one("site"),
        account: query.one("account"),
    };
    let mut fields = wanted.fields(linked);
    let waiting = handoff(web, &query);
    fields.extend(waiting.iter().flat_map(waiting_parameters));
    fields.push(("return_to", return_to.as_str()));
    let notice = flash(web, request).await;
    let page = ConnectionsPage {
        notice: match &notice {
            Some(Flash::Connected { name, account_id }) if is_linked(linked, account_id) => {
                Some(ConnectionsNotice::Connected(name, account_id))
            }
            _ => None,
        },
        accounts: &accounts,
        connect_action: &web.route("connect", &[]),
        fields: &fields,
        purpose: wanted.purpose(&shown, linked),
        go_on: return_to.as_str(),
    };
    web.page(StatusCode::OK, &Page::Connections(&page), &request.context)
}

/// Whether an account is among the linked ones: a message about one that was disconnected meanwhile
/// is not shown.
fn is_linked(linked: &[GrantSet], account_id: &str) -> bool {
    let mut accounts = linked.iter().map(|set| set.account().as_str());
    accounts.any(|account| account == account_id)
}

/// What an entry of the page shows, owned, because the page borrows it.
struct Shown {
    /// The account's name, else its id.
    name: String,
    /// Its sites, as far as they are known.
    sites: Vec<Site>,
    /// The page that asks whether to disconnect it, and that leads back to the same place.
    disconnect_url: String,
}

impl Shown {
    /// Reads it from an account's grants.
    fn of(web: &Web, set: &GrantSet, return_to: &str) -> Self {
        let account = ("account", set.account().as_str());
        let parameters = [account, ("return_to", return_to)];
        Self {
            name: set.display_name().to_owned(),
            sites: known_sites(set),
            disconnect_url: web.route("disconnect", &parameters),
        }
    }
}

/// An entry of the page. The account needs a consent if not even its best grant gives tokens.
fn entry<'a>(set: &'a GrantSet, shown: &'a Shown) -> ConnectionEntry<'a> {
    ConnectionEntry {
        name: &shown.name,
        account_id: set.account().as_str(),
        sites: set.newest().sites.is_some().then_some(&*shown.sites),
        needs_consent: set.best().consent_needed.is_some(),
        disconnect_url: &shown.disconnect_url,
    }
}

/// What the visitor was sent here for.
struct Purpose<'a> {
    /// The scopes to ask for, separated by spaces: those of the request that the app offers.
    scopes: &'a str,
    /// The site to add, as the request names it.
    site: Option<&'a str>,
    /// The account to ask, as the request names it. It may not be linked.
    account: Option<&'a str>,
}

impl<'a> Purpose<'a> {
    /// What the page says about it. An account that is not linked counts as none.
    fn purpose(&self, shown: &'a [Shown], linked: &[GrantSet]) -> ConnectPurpose<'a> {
        if !self.scopes.is_empty() {
            return ConnectPurpose::Scopes(self.scopes);
        }
        let mut accounts = linked.iter().zip(shown);
        let named = accounts.find(|(set, _)| Some(set.account().as_str()) == self.account);
        match named {
            Some((set, shown)) if set.best().consent_needed.is_some() => {
                ConnectPurpose::Again(&shown.name)
            }
            Some((_, shown)) => ConnectPurpose::Site(&shown.name),
            None => ConnectPurpose::Account,
        }
    }

    /// The fields that the form hands on. Missing scopes are asked of the only account, if none is
    /// named and there is one, so that the step-up cannot end with another account.
    fn fields(&self, linked: &'a [GrantSet]) -> Vec<(&'static str, &'a str)> {
        let only = match linked {
            [only] if !self.scopes.is_empty() => Some(only.account().as_str()),
            _ => None,
        };
        let scopes = Some(self.scopes).filter(|scopes| !scopes.is_empty());
        let fields = [
            ("scope", scopes),
            ("site", self.site),
            ("account", self.account.or(only)),
        ];
        let there = |(name, value): (&'static str, Option<&'a str>)| Some((name, value?));
        fields.into_iter().filter_map(there).collect()
    }
}
