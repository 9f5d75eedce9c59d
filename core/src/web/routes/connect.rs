//! `POST connect`

use super::login::handover;
use super::{allow, fields, other_loopback_name, place, same_origin};
use crate::error::Rejection;
use crate::flow::{self, Login};
use crate::ids::AccountId;
use crate::message::Reply;
use crate::message::query::Query;
use crate::scope::Scopes;
use crate::web::answer::Request;
use crate::web::shell::started;
use crate::web::{Web, start_login};

/// Starts a flow for the app's user: nobody else can start one in their name, and no link can.
pub(super) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["POST"], "POST")?;
    same_origin(web, request)?;
    let form = fields(request)?;
    if let Some(origin) = other_loopback_name(web, request) {
        let place = place(web, form.one("return_to"));
        let elsewhere = web.more_url(&[], (place.as_ref(), form.one("account")));
        return Ok(started(&request.context, &format!("{origin}{elsewhere}")));
    }
    let subject = request.subject.required()?;
    let mut login = Login::new()
        .scopes(offered(web, &form))
        .handover(handover(web, &form));
    if let Some(place) = form.one("return_to") {
        login = login.return_to(place);
    }
    if let Some(site) = form
        .one("site")
        .filter(|site| (1..=256).contains(&site.len()))
    {
        login = login.site(site);
    }
    if let Some(account) = form.one("account").filter(|account| !account.is_empty()) {
        let linked = flow::of_subject(&web.ports, subject).await?;
        let known = linked
            .iter()
            .find(|(holder, _)| holder.account.as_str() == account);
        let (holder, reach) = known.ok_or(Rejection::NotConnected)?;
        login = more(login, &holder.account, &askable(web, &reach.wanted()));
    }
    start_login(web, &login, (&request.context, Some(subject)))
}

/// A flow of an account that is known: it asks for all that was ever asked for, because a consent replaces the one
/// before.
pub(super) fn more(login: Login, account: &AccountId, wanted: &Scopes) -> Login {
    login.account(account).scopes(wanted.iter())
}

/// What the app asks for today: a scope that it has dropped may be gone from the console, and Atlassian would refuse.
pub(super) fn askable(web: &Web, wanted: &Scopes) -> Scopes {
    let askable = web.ports.config.askable();
    wanted
        .iter()
        .filter(|scope| askable.contains(scope))
        .collect()
}

/// Scopes only as far as the app offers them.
pub(super) fn offered(web: &Web, query: &Query) -> Vec<String> {
    let offered = &web.ports.config.optional_scopes;
    let scopes = query.one("scope").unwrap_or_default();
    let scopes = scopes.split_ascii_whitespace();
    scopes
        .filter(|scope| offered.contains(scope))
        .map(str::to_owned)
        .collect()
}
