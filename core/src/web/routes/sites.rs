//! `GET sites`, `POST site`

use http::StatusCode;
use serde_json::{Value, json};

use crate::error::Rejection;
use crate::flow::Flash;
use crate::ids::CloudId;
use crate::message::{Audience, Reply};
use crate::pages::{Page, PickerNotice, SiteChoice};
use crate::provider::site::Site;
use crate::sites::{self, Choice};
use crate::web::reply::json;
use crate::web::reply::json::site_json;
use crate::web::reply::redirect::go;
use crate::web::request::extract::{fields, notice, place, query, seen};
use crate::web::request::request::Request;
use crate::web::routes::account::{CurrentAccount, named, worker};
use crate::web::security::guards::{readable, require_method, same_origin};
use crate::web::state::Web;

pub(crate) async fn list(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    readable(web, request)?;
    let worker = worker(web, request, named(request).as_deref()).await?;
    let sites = sites::shown_sites(&web.ports, &worker.reach).await?;
    if request.context.audience == Audience::Page {
        let page = picker(web, request, (&worker, &sites)).await;
        return Ok(seen(web, request, page));
    }
    let (chosen, added) = (worker.chosen(), &worker.reach.newest().added);
    let sites: Vec<Value> = sites
        .iter()
        .map(|site| site_json(site, Some(&site.id) == chosen.as_ref(), added))
        .collect();
    Ok(json::reply(StatusCode::OK, &json!({ "sites": sites })))
}

async fn picker(
    web: &Web,
    request: &Request,
    (worker, sites): (&CurrentAccount, &[Site]),
) -> Reply {
    let config = &web.ports.config;
    let wanted = place(web, query(request).one("return_to"));
    let return_to = wanted.unwrap_or_else(|| config.default_return_to.clone());
    let account_id = worker
        .holder
        .subject
        .as_ref()
        .map(|_connected| worker.holder.account.as_str());
    let add_url = web.more_url(&[], (Some(&return_to), account_id));
    if sites.is_empty() {
        let page = Page::NoSites {
            account: &worker.name,
            add_url: &add_url,
            home_url: config.home(),
        };
        return web.page(StatusCode::OK, &page);
    }
    let chosen = worker.chosen();
    let choice = |site| choice(site, chosen.as_ref(), &worker.reach.newest().added);
    let choices: Vec<SiteChoice<'_>> = sites.iter().map(choice).collect();
    let missed = notice(web, request).await;
    let is_gone = chosen
        .as_ref()
        .is_some_and(|chosen| sites.iter().all(|site| site.id != *chosen));
    let notice = match &missed {
        Some(Flash::SiteNotGranted { wish }) => Some(PickerNotice::NotGranted(wish)),
        _ => is_gone.then_some(PickerNotice::Gone),
    };
    let page = Page::Picker {
        action: &web.route("site", &[]),
        return_to: return_to.as_str(),
        sites: &choices,
        add_url: &add_url,
        account: &worker.name,
        account_id,
        notice,
    };
    web.page(StatusCode::OK, &page)
}

fn choice<'a>(site: &'a Site, chosen: Option<&CloudId>, added: &[CloudId]) -> SiteChoice<'a> {
    SiteChoice {
        cloud_id: site.id.as_str(),
        name: &site.name,
        url: site.url.as_deref(),
        current: Some(&site.id) == chosen,
        added: added.contains(&site.id),
    }
}

pub(crate) async fn choose(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["POST"], "POST")?;
    same_origin(web, request)?;
    let form = fields(request)?;
    let site = form.one("site").and_then(|site| CloudId::parse(site).ok());
    let account = form.one("account");
    let worker = worker(web, request, account).await?;
    let site = site.ok_or(Rejection::BadRequest("give one site by its cloud id"))?;
    let choice = match &worker.session {
        Some(session) => sites::choose(&web.ports, session, &site).await?,
        None => sites::choose_linked(&web.ports, &worker.holder, &site).await?,
    };
    if choice == Choice::NotReachable {
        return Err(Rejection::UnknownSite);
    }
    let place = place(web, form.one("return_to"));
    let place = place.unwrap_or_else(|| web.ports.config.default_return_to.clone());
    Ok(match request.context.audience {
        Audience::Fetch => Reply::new(StatusCode::NO_CONTENT),
        audience => go(audience, place.as_str()),
    })
}
