//! `GET sites`, `POST site`

use http::StatusCode;
use serde_json::{Value, json};

use super::{allow, query, readable, same_origin, signed_in};
use crate::error::Rejection;
use crate::flow::{self, Choice};
use crate::ids::CloudId;
use crate::message::query::Query;
use crate::message::{Audience, Reply};
use crate::site::Site;
use crate::store::SessionRecord;
use crate::web::answer::Request;
use crate::web::pages::{Page, SiteChoice};
use crate::web::shell::go;
use crate::web::{Web, json};

pub(super) async fn list(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["GET", "HEAD"], "GET, HEAD")?;
    readable(request)?;
    let session = signed_in(web, request).await?;
    let grant = flow::grant_of(&web.ports, &session).await?;
    let sites = flow::known_sites(&web.ports, &grant).await?;
    let current = session.site.as_ref().or(grant.last_site.as_ref());
    if request.context.audience == Audience::Page {
        return Ok(picker(web, request, &session, (&sites, current)));
    }
    let sites: Vec<Value> = sites
        .iter()
        .map(|site| as_json(site, Some(&site.id) == current))
        .collect();
    Ok(json::reply(StatusCode::OK, &json!({ "sites": sites })))
}

pub(super) fn as_json(site: &Site, current: bool) -> Value {
    json!({
        "id": site.id.as_str(),
        "name": site.name,
        "url": site.url,
        "avatar_url": site.avatar_url,
        "scopes": site.scopes.iter().collect::<Vec<_>>(),
        "current": current,
    })
}

fn picker(
    web: &Web,
    request: &Request,
    session: &SessionRecord,
    (sites, current): (&[Site], Option<&CloudId>),
) -> Reply {
    let config = &web.ports.config;
    let wanted = query(request)
        .one("return_to")
        .and_then(|place| config.return_to.accept(place));
    let return_to = wanted.unwrap_or_else(|| config.default_return_to.clone());
    let add_url = web.login_url(Some(&return_to));
    let account = session.profile.display_name();
    if sites.is_empty() {
        let page = Page::NoSites {
            account,
            add_url: &add_url,
            home_url: config.home(),
        };
        return web.page(StatusCode::OK, &page);
    }
    let choices: Vec<SiteChoice<'_>> = sites
        .iter()
        .map(|site| SiteChoice {
            cloud_id: site.id.as_str(),
            name: &site.name,
            url: site.url.as_deref(),
            current: Some(&site.id) == current,
        })
        .collect();
    let action = web.route("site", &[]);
    let return_to = return_to.as_str();
    web.page(
        StatusCode::OK,
        &Page::Picker {
            action: &action,
            return_to,
            sites: &choices,
            add_url: &add_url,
            account,
        },
    )
}

pub(super) async fn choose(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["POST"], "POST")?;
    same_origin(web, request)?;
    let session = signed_in(web, request).await?;
    let (site, return_to) = chosen(request)?;
    if flow::choose(&web.ports, &session, &site).await? == Choice::NotReachable {
        return Err(Rejection::UnknownSite);
    }
    let config = &web.ports.config;
    let place = return_to.and_then(|place| config.return_to.accept(&place));
    let place = place.unwrap_or_else(|| config.default_return_to.clone());
    Ok(match request.context.audience {
        Audience::Fetch => Reply::new(StatusCode::NO_CONTENT),
        audience => go(audience, place.as_str()),
    })
}

/// The site and the way back, from a form or from JSON.
fn chosen(request: &Request) -> Result<(CloudId, Option<String>), Rejection> {
    const UNREADABLE: Rejection = Rejection::BadRequest("give one site by its cloud id");
    let is_json = request
        .head()
        .first("content-type")
        .is_some_and(|kind| kind.starts_with(b"application/json"));
    let (site, return_to) = if is_json {
        let body: Value = serde_json::from_slice(&request.body).map_err(|_json| UNREADABLE)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        (text("site"), text("return_to"))
    } else {
        let form = Query::parse(&request.body).map_err(|_large| UNREADABLE)?;
        let text = |name: &str| form.one(name).map(str::to_owned);
        (text("site"), text("return_to"))
    };
    let site = site
        .and_then(|site| CloudId::parse(&site).ok())
        .ok_or(UNREADABLE)?;
    Ok((site, return_to))
}
