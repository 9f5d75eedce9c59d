//! `GET sites` lists the sites of an account, `POST site` chooses one.

use http::StatusCode;
use serde_json::{Value, json};

use crate::error::Rejection;
use crate::flow::Flash;
use crate::ids::CloudId;
use crate::message::query::{Param, Query};
use crate::message::{Audience, FetchMetadata, Reply};
use crate::pages::{Page, PickerNotice, PickerSearch, SiteChoice};
use crate::provider::site::{MOST_SITES, Site, site_name};
use crate::sites::{self, Choice};
use crate::web::reply::json::{self, site_json};
use crate::web::reply::{Place, go};
use crate::web::request::{Request, clear_flash, flash, form, query, return_target};
use crate::web::routes::account::{CurrentAccount, account_param, current_account};
use crate::web::security::cross_site::BOUNCED;
use crate::web::security::{require_method, require_readable, require_same_origin};
use crate::web::state::Web;

/// Lists the sites that the account reaches: the picker for navigations, JSON otherwise. What is
/// known is read again at Atlassian if it is older than 15 minutes.
///
/// # Errors
///
/// 405; [`Rejection::Forbidden`] for reads from other sites; those of [`current_account`] and of
/// [`sites::shown_sites`]; for the page, what [`sites::why_none`] says.
pub(crate) async fn list(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    require_readable(web, request)?;
    let account = current_account(web, request, account_param(request).as_deref()).await?;
    let sites = sites::shown_sites(&web.ports, &account.grants).await?;
    if request.context.audience == Audience::Page {
        if sites.is_empty() {
            match sites::why_none(&web.ports, &account.grants) {
                Rejection::NoSite => {}
                other => return Err(other),
            }
        }
        let page = picker(web, request, &account, &sites).await;
        return Ok(clear_flash(web, request, page));
    }
    let (chosen, added) = (account.chosen(), &account.grants.newest().added);
    let sites: Vec<Value> = sites
        .iter()
        .map(|site| site_json(site, Some(&site.id) == chosen.as_ref(), added))
        .collect();
    Ok(json::reply(StatusCode::OK, &json!({ "sites": sites })))
}

/// The picker, or the page that says that there is no site. A note says if the site that was asked
/// for was not granted, or if the chosen one is gone.
async fn picker(web: &Web, request: &Request, account: &CurrentAccount, sites: &[Site]) -> Reply {
    let config = &web.ports.config;
    let wanted = return_target(web, query(request).one("return_to"));
    let return_to = wanted.unwrap_or_else(|| config.default_return_to.clone());
    let holder = account.holder();
    let account_id = holder.subject.is_some().then(|| holder.account.as_str());
    let add_url = web.more_url(
        &[],
        Place {
            here: Some(&return_to),
            account: account_id,
        },
    );
    if sites.is_empty() {
        let page = Page::NoSites {
            account: &account.name,
            add_url: &add_url,
            home_url: config.home(),
        };
        return web.page(StatusCode::OK, &page, &request.context);
    }
    let chosen = account.chosen();
    let choice = |site| choice(site, chosen.as_ref(), &account.grants.newest().added);
    let part = Part::of(sites, &own_query(request));
    let choices: Vec<SiteChoice<'_>> = part.sites.iter().copied().map(choice).collect();
    let flash = flash(web, request).await;
    let urls = part.urls(web, return_to.as_str(), account_id);
    let search = urls.search(&part, sites.len());
    let page = Page::Picker {
        action: &web.route("site", &[]),
        return_to: return_to.as_str(),
        sites: &choices,
        search,
        add_url: &add_url,
        account: &account.name,
        account_id,
        notice: notice(flash.as_ref(), chosen.as_ref(), sites),
    };
    web.page(StatusCode::OK, &page, &request.context)
}

/// The query, if a page of ours may have written it: what a stranger's link says is neither shown nor obeyed
/// (docs/attacks.md T135). A browser that says nothing about where it comes from is believed.
fn own_query(request: &Request) -> Query {
    let head = request.head();
    let site = FetchMetadata::of(&head).site;
    let query = query(request);
    let is_bounced = !matches!(query.param(BOUNCED), Param::Absent);
    match site.is_none_or(|site| site == b"same-origin") && !is_bounced {
        true => query,
        false => Query::default(),
    }
}

/// How many sites the picker shows at a time.
const PAGE: usize = 50;
/// The most characters of a search.
const MOST_WORDS: usize = 100;

/// The part of a list that one page of the picker shows.
struct Part<'a> {
    /// What is searched for; empty for everything.
    words: String,
    /// The sites of this page.
    sites: Vec<&'a Site>,
    /// How many sites fit, on all pages.
    found: usize,
    /// The page, from 1.
    number: usize,
}

impl<'a> Part<'a> {
    /// Takes `search` and `page` of a query. A page that there is not becomes the last one.
    fn of(sites: &'a [Site], query: &Query) -> Self {
        let words = query.one("search").unwrap_or_default().trim();
        let words: String = words.chars().take(MOST_WORDS).collect();
        let wanted = words.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        let fits = |site: &&Site| has(&site.name) || site.url.as_deref().is_some_and(has);
        let found: Vec<&Site> = sites.iter().filter(fits).collect();
        let last = found.len().div_ceil(PAGE).max(1);
        let number = query.one("page").and_then(|number| number.parse().ok());
        let number = number.unwrap_or(1_usize).clamp(1, last);
        let shown = found.iter().skip((number - 1) * PAGE).take(PAGE);
        Self {
            words,
            sites: shown.copied().collect(),
            found: found.len(),
            number,
        }
    }

    fn previous(&self) -> Option<usize> {
        (self.number > 1).then(|| self.number - 1)
    }

    fn next(&self) -> Option<usize> {
        (self.number * PAGE < self.found).then(|| self.number + 1)
    }

    /// The addresses of the other pages of the same search.
    fn urls(&self, web: &Web, return_to: &str, account: Option<&str>) -> PartUrls {
        let url = |number: usize| {
            let number = number.to_string();
            let mut parameters = vec![("return_to", return_to), ("page", &*number)];
            parameters.extend(account.map(|account| ("account", account)));
            if !self.words.is_empty() {
                parameters.push(("search", &*self.words));
            }
            web.route("sites", &parameters)
        };
        PartUrls {
            action: web.route("sites", &[]),
            previous: self.previous().map(url),
            next: self.next().map(url),
        }
    }
}

/// Where the search form and the links of a page lead.
struct PartUrls {
    action: String,
    previous: Option<String>,
    next: Option<String>,
}

impl PartUrls {
    /// What the page says about the search; `None` if all sites fit on one page.
    fn search<'a>(&'a self, part: &'a Part<'_>, total: usize) -> Option<PickerSearch<'a>> {
        (total > PAGE).then_some(PickerSearch {
            action: &self.action,
            words: &part.words,
            found: part.found,
            page: part.number,
            previous_url: self.previous.as_deref(),
            next_url: self.next.as_deref(),
            is_cut: total >= MOST_SITES,
        })
    }
}

/// What the picker says first: that the requested site was not granted, if the flash says so, else that
/// the chosen site is gone.
fn notice<'a>(
    flash: Option<&'a Flash>,
    chosen: Option<&CloudId>,
    sites: &[Site],
) -> Option<PickerNotice<'a>> {
    let is_gone = chosen.is_some_and(|chosen| sites.iter().all(|site| site.id != *chosen));
    match flash {
        Some(Flash::SiteNotGranted { wish }) => Some(PickerNotice::NotGranted(known_name(wish))),
        _ => is_gone.then_some(PickerNotice::Gone),
    }
}

/// A wished site as a page may show it: its host if it is one of Atlassian's. Other wishes come from an address that
/// anybody may have written, and are not repeated.
fn known_name(wish: &str) -> Option<&str> {
    let label = wish.strip_suffix(".atlassian.net")?;
    (site_name(wish).is_some() && !label.contains('.')).then_some(wish)
}

/// One site of the picker.
fn choice<'a>(site: &'a Site, chosen: Option<&CloudId>, added: &[CloudId]) -> SiteChoice<'a> {
    SiteChoice {
        cloud_id: site.id.as_str(),
        name: &site.name,
        url: site.url.as_deref(),
        current: Some(&site.id) == chosen,
        added: added.contains(&site.id),
    }
}

/// Lets the session, or in connect mode the app's user, work on a site from now on. Scripts get
/// 204, others go on to `return_to` or the default target.
///
/// The proof of origin is checked first, then the body, the account and the site. A site that is
/// not known is looked for at Atlassian once more before it is refused.
///
/// # Errors
///
/// 403 without proof; those of [`current_account`]; [`Rejection::BadRequest`] unless `site` is one
/// cloud id; [`Rejection::UnknownSite`] if the account does not reach it, and those of
/// [`sites::choose`].
pub(crate) async fn choose(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["POST"], "POST")?;
    require_same_origin(web, request)?;
    let form = form(request)?;
    let site = form.one("site").and_then(|site| CloudId::parse(site).ok());
    let account = form.one("account");
    let account = current_account(web, request, account).await?;
    let site = site.ok_or(Rejection::BadRequest("give one site by its cloud id"))?;
    let choice = match &account.session {
        Some(session) => sites::choose(&web.ports, session, &site).await?,
        None => sites::choose_linked(&web.ports, account.holder(), &site).await?,
    };
    if choice == Choice::NotReachable {
        return Err(Rejection::UnknownSite);
    }
    let place = return_target(web, form.one("return_to"));
    let place = place.unwrap_or_else(|| web.ports.config.default_return_to.clone());
    Ok(match request.context.audience {
        Audience::Fetch => Reply::new(StatusCode::NO_CONTENT),
        audience => go(audience, place.as_str()),
    })
}
