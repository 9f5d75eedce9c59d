//! `POST token`: an access token for scripts. Only if the app turned `access_tokens` on.

use http::StatusCode;
use serde_json::json;

use crate::error::{ConsentNeeded, Rejection};
use crate::grant;
use crate::message::Reply;
use crate::refresh;
use crate::sites::{self, SiteSelection};
use crate::web::reply::json::{self, site_json};
use crate::web::request::{Request, form};
use crate::web::routes::account::current_account;
use crate::web::security::{require_method, require_same_origin};
use crate::web::state::Web;

/// Hands out an access token: whose it is, for how many seconds it works, and the site of the
/// request if there is one. Never the refresh token.
///
/// A `POST` with proof of its origin (docs/attacks.md T111), because the answer is a secret. The
/// token works for five more minutes, or as long as it does if Atlassian gives no newer one just
/// now. With `refused=true` the token that is stored counts as refused by Atlassian, and is
/// replaced unless it is younger than 30 seconds (docs/decisions/0070). The answer names the
/// account, so that a page that shows another one notices.
///
/// # Errors
///
/// 405; 403; 400; those of [`current_account`]; those of [`sites::site_for`] if a site is named,
/// while without a name the site is left out; [`Rejection::ConsentNeeded`], also if the account was
/// disconnected meanwhile; 503 while no token can be had; [`Rejection::Store`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["POST"], "POST")?;
    require_same_origin(web, request)?;
    let form = form(request)?;
    let account = current_account(web, request, form.one("account")).await?;
    let (ports, holder) = (&web.ports, account.holder());
    let chosen = account.chosen();
    let selection = SiteSelection {
        chosen: chosen.as_ref(),
        named: form.one("site"),
    };
    let site = match sites::site_for(ports, holder, selection).await {
        Ok(site) => Some(site),
        Err(Rejection::Store(error)) => return Err(error.into()),
        Err(rejection) if selection.named.is_some() => return Err(rejection),
        Err(_none_chosen) => None,
    };
    let id = site.as_ref().map(|site| &site.id);
    let key = grant::key_for(ports, holder, id).await?;
    let is_refused = form.one("refused") == Some("true");
    let key = key.ok_or(Rejection::UnknownSite)?;
    let grant = refresh::fresh_for_handout(ports, &key, is_refused).await?;
    // It may have been disconnected while the token was refreshed.
    if !holder.holds(&grant) {
        return Err(ConsentNeeded::NO_GRANT.into());
    }
    let left = grant.tokens.left(ports.now());
    let body = json!({
        "account_id": holder.account.as_str(),
        "access_token": grant.tokens.access_token.expose(),
        "expires_in": left.as_secs(),
        "site": site.map(|site| site_json(&site, true, &grant.added)),
    });
    Ok(json::reply(StatusCode::OK, &body))
}
