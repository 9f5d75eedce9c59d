//! `GET disconnect` asks, `POST disconnect` takes an account away from the app.

use http::StatusCode;
use serde_json::json;

use crate::error::Rejection;
use crate::flow::{Flash, flash};
use crate::grant;
use crate::message::cookie::SetCookie;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::store::ConsentReason;
use crate::web::reply::{go, json};
use crate::web::request::{Request, clear_flash, flash, form, query, return_target};
use crate::web::routes::account::{CurrentAccount, account_param, current_account};
use crate::web::security::{require_method, require_readable, require_same_origin};
use crate::web::state::Web;

/// Where people remove an app from their Atlassian account. threelo asks Atlassian to revoke the
/// token, but only this page shows whether the app is gone (docs/protocol.md, 9).
const MANAGE: &str = "https://id.atlassian.com/manage-profile/apps";

/// Asks or disconnects. Other methods, and a `GET` by a script, are 405.
///
/// # Errors
///
/// 405, and those of [`ask`] and [`end`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    match request.method.as_str() {
        "POST" => end(web, request).await,
        "GET" if request.context.audience == Audience::Page => ask(web, request).await,
        _ => {
            require_method(request, &[], "GET, POST")?;
            Err(Rejection::NotFound)
        }
    }
}

/// Asks before an account is disconnected, or says that it is, with a link to what is left to do at
/// Atlassian.
///
/// The second is for every visitor without an account to disconnect: right after the `POST`, where
/// a flash has the name, and when the page is loaded again.
///
/// # Errors
///
/// 403 for reads from other sites; 401, and in connect mode 409 if there are several accounts and
/// none is named; [`Rejection::Store`].
async fn ask(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_readable(web, request)?;
    let return_to = return_target(web, query(request).one("return_to"));
    let return_to = return_to.unwrap_or_else(|| web.ports.config.default_return_to.clone());
    let flash = flash(web, request).await;
    let account = match current_account(web, request, account_param(request).as_deref()).await {
        // Also after the account was disconnected and the page is loaded again.
        Err(rejection) if is_gone(&rejection) => {
            let name = match &flash {
                Some(Flash::Disconnected { name }) => name,
                _ => "",
            };
            let page = Page::Disconnected {
                account: name,
                manage_url: MANAGE,
                home_url: return_to.as_str(),
            };
            return Ok(clear_flash(
                web,
                request,
                web.page(StatusCode::OK, &page, &request.context),
            ));
        }
        account => account?,
    };
    let page = Page::Disconnect {
        action: &web.route("disconnect", &[]),
        return_to: return_to.as_str(),
        account_id: account.grants.account().as_str(),
        account: &account.name,
        home_url: return_to.as_str(),
    };
    Ok(web.page(StatusCode::OK, &page, &request.context))
}

/// Disconnects an account: in connect mode the link of the app's user, and the grant with its last
/// link; in sign-in mode the grant. Sessions stay, because signing out is another question.
///
/// The proof of origin is checked first, then the body, then the account. Navigations go on to `GET
/// disconnect`, which says what is left to do; scripts get the address at Atlassian as
/// `manage_url`. An account without a grant counts as disconnected: it is what was asked for.
///
/// # Errors
///
/// 403 without proof; 400; those of [`current_account`], and [`Rejection::NotConnected`] if the
/// named account is not the visitor's (docs/attacks.md T188); [`Rejection::Store`] if some of it
/// may still be there.
async fn end(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_same_origin(web, request)?;
    let form = form(request)?;
    let named = form.one("account").filter(|account| !account.is_empty());
    let flash = match current_account(web, request, named).await {
        Ok(account) => {
            if named.is_some_and(|named| named != account.grants.account().as_str()) {
                return Err(Rejection::NotConnected);
            }
            grant::disconnect(&web.ports, account.holder()).await?;
            disconnected(web, &account)
        }
        // Already disconnected, which is what was asked for.
        Err(Rejection::ConsentNeeded(_)) => None,
        Err(rejection) => return Err(rejection),
    };
    if request.context.audience == Audience::Fetch {
        return Ok(json::reply(
            StatusCode::OK,
            &json!({ "manage_url": MANAGE }),
        ));
    }
    let place = return_target(web, form.one("return_to"));
    let parameters = place.as_ref().map(|place| ("return_to", place.as_str()));
    let parameters: Vec<(&str, &str)> = parameters.into_iter().collect();
    let reply = go(
        request.context.audience,
        &web.route("disconnect", &parameters),
    );
    Ok(flash.iter().fold(reply, Reply::cookie))
}

/// Whether there is no account to disconnect.
fn is_gone(rejection: &Rejection) -> bool {
    match rejection {
        Rejection::NotConnected => true,
        Rejection::ConsentNeeded(needed) => needed.reason == ConsentReason::NoGrant,
        _ => false,
    }
}

/// The flash with the name, for the page that follows. `None` if it cannot be sealed; the page then
/// shows no name.
fn disconnected(web: &Web, account: &CurrentAccount) -> Option<SetCookie> {
    let name = account.name.clone();
    let flash = Flash::Disconnected { name };
    flash::carry(&web.ports, account.holder().shown_to(), &flash)
}
