//! A rejection as scripts get it: a problem (RFC 9457) with a stable code.

use serde_json::{Value, json};

use crate::error::Rejection;
use crate::message::Reply;
use crate::web::reply::json;
use crate::web::reply::urls::{Place, picker_url, step_up_url};
use crate::web::request::Context;
use crate::web::state::Web;

/// Makes the problem for a script (docs/attacks.md T143): `title`, `status`, `code`, and what the
/// code needs besides (`login_url`, `sites_url`, `connections_url`, `reason`, `missing_scopes`).
/// Addresses are absolute for scripts of other origins. `title` may change between versions; `code`
/// does not.
pub(crate) fn problem(
    web: &Web,
    rejection: &Rejection,
    context: &Context,
    account: Option<&str>,
) -> Reply {
    let status = rejection.status();
    let mut body = json!({
        "type": "about:blank",
        "title": rejection.to_string(),
        "status": status.as_u16(),
        "code": rejection.code(),
    });
    if let Some(login) = login_url(web, rejection, account) {
        body["login_url"] = web.seen_from(context, login).into();
    }
    for (name, value) in more_members(web, rejection, context, account) {
        body[name] = value;
    }
    json::problem(status, &body)
}

/// What a problem has besides, by its kind.
fn more_members(
    web: &Web,
    rejection: &Rejection,
    context: &Context,
    account: Option<&str>,
) -> Vec<(&'static str, Value)> {
    let seen = |url: String| Value::from(web.seen_from(context, url));
    let nowhere = Place {
        here: None,
        account,
    };
    match rejection {
        Rejection::ChooseSite | Rejection::UnknownSite | Rejection::SiteGone => {
            vec![("sites_url", seen(picker_url(web, nowhere)))]
        }
        Rejection::NotConnected | Rejection::ChooseConnection | Rejection::ConnectInstead => {
            vec![("connections_url", seen(web.route("connections", &[])))]
        }
        Rejection::ConsentNeeded(needed) => vec![("reason", needed.reason.as_str().into())],
        Rejection::NoSuchRoute { meant } => {
            let expected = meant.map(|name| ("expected", seen(web.route(name, &[]))));
            expected.into_iter().collect()
        }
        Rejection::MissingScope(missing) => vec![
            ("reason", missing.why.reason().into()),
            ("missing_scopes", missing.scopes.iter().collect()),
        ],
        _ => Vec::new(),
    }
}

/// Returns the address of a login that solves the problem, without a return target: a script knows
/// where it is, and adds `return_to` itself.
fn login_url(web: &Web, rejection: &Rejection, account: Option<&str>) -> Option<String> {
    let nowhere = Place {
        here: None,
        account,
    };
    match rejection {
        // A connect-mode app may not say where its users sign in: its front page will.
        Rejection::NotSignedIn | Rejection::NavigationOnly => {
            let home = || web.ports.config.home().to_owned();
            Some(web.sign_in_url(None).unwrap_or_else(home))
        }
        Rejection::ConsentNeeded(_) => Some(web.more_url(&[], nowhere)),
        Rejection::MissingScope(missing) if missing.why.can_be_asked() => {
            Some(step_up_url(web, &missing.scopes, nowhere))
        }
        _ => None,
    }
}
