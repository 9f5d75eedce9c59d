//! `POST connect`

use crate::error::Rejection;
use crate::flow::LoginRequest;
use crate::grant;
use crate::message::Reply;
use crate::web::reply::{Place, start_login, started};
use crate::web::request::{Request, form, other_loopback_name, return_target};
use crate::web::routes::login_params::{askable, handoff, more, offered};
use crate::web::security::{require_method, require_same_origin};
use crate::web::state::Web;

/// Starts a flow for the app's user: nobody else can start one in their name, and no link can.
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["POST"], "POST")?;
    require_same_origin(web, request)?;
    let form = form(request)?;
    if let Some(origin) = other_loopback_name(web, request) {
        let place = return_target(web, form.one("return_to"));
        let elsewhere = web.more_url(
            &[],
            Place {
                here: place.as_ref(),
                account: form.one("account"),
            },
        );
        return Ok(started(&request.context, &format!("{origin}{elsewhere}")));
    }
    let subject = request.subject.required()?;
    let mut login = LoginRequest::new()
        .scopes(offered(web, &form))
        .handoff(handoff(web, &form));
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
        let linked = grant::of_subject(&web.ports, subject).await?;
        let known = linked.iter().find(|set| set.account().as_str() == account);
        let set = known.ok_or(Rejection::NotConnected)?;
        login = more(login, set.account(), &askable(web, &set.wanted()));
    }
    start_login(web, &login, &request.context, Some(subject))
}
