//! A rejection in the form that fits the request: a page, a redirect, JSON or an htmx header.

use http::header::{ALLOW, RETRY_AFTER};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::error::{ApiErrorKind, MissingScopeReason, Reason, Rejection, log, without_visitor};
use crate::ids::AccountId;
use crate::message::{Audience, Reply};
use crate::pages::{ApiTrouble, Page};
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::web::reply::json;
use crate::web::reply::redirect::{HX_REDIRECT, go};
use crate::web::reply::urls::Place;
use crate::web::request::Context;
use crate::web::state::Web;

/// After an outage, in seconds.
pub(crate) const SOON: &str = "5";

/// Answers a rejection; in connect mode that of an account, if it is known which.
pub(crate) fn reject(
    web: &Web,
    rejection: &Rejection,
    context: &Context,
    account: Option<&AccountId>,
) -> Reply {
    log(rejection);
    let here = context.here(web);
    let place = Place {
        here: here.as_ref(),
        account: account.map(AccountId::as_str),
    };
    let reply = match context.audience {
        Audience::Page => page(web, rejection, context, place),
        Audience::Fetch => problem(web, rejection, context, place.account),
        Audience::Htmx => htmx(web, rejection, context, place),
    };
    match rejection {
        Rejection::Method(allowed) => reply.header(ALLOW, allowed),
        Rejection::Api(kind) => match kind.retry_after() {
            Some(rest) => reply.computed(RETRY_AFTER, &rest.as_secs().max(1).to_string()),
            None => reply,
        },
        rejection if is_outage(rejection) => reply.header(RETRY_AFTER, SOON),
        _ => reply,
    }
}

/// Whether it is nobody's fault who asks, and may be over soon.
fn is_outage(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::Store(_)
            | Rejection::Subject
            | Rejection::SitesUnknown
            | Rejection::NoRandomness
    )
}

/// Where the detour leads, if one helps.
fn detour(web: &Web, rejection: &Rejection, place: Place<'_>) -> Option<String> {
    let Place { here, account } = place;
    let is_connect = web.ports.config.mode.is_connect();
    match rejection {
        Rejection::NotSignedIn => web.sign_in_url(here),
        Rejection::ConsentNeeded(_) => Some(web.more_url(&[], place)),
        Rejection::NotConnected | Rejection::ChooseConnection => {
            Some(web.more_url(&[], Place::at(here)))
        }
        // The page with the button says why; a second page before it would say the same.
        Rejection::MissingScope(missing)
            if is_connect && missing.why != MissingScopeReason::NotGranted =>
        {
            Some(step_up_url(web, &missing.scopes, place))
        }
        Rejection::ChooseSite => Some(picker_url(web, place)),
        Rejection::UnknownSite | Rejection::SiteGone => {
            let place = here.and_then(|here| without_site(web, here));
            Some(picker_url(
                web,
                Place {
                    here: place.as_ref().or(here),
                    account,
                },
            ))
        }
        _ => None,
    }
}

/// Where a visitor can mend what turned them away, if they can.
pub(crate) fn recovery_url(
    web: &Web,
    rejection: &Rejection,
    context: &Context,
    account: Option<&AccountId>,
) -> Option<String> {
    let here = context.here(web);
    let place = Place {
        here: here.as_ref(),
        account: account.map(AccountId::as_str),
    };
    match rejection {
        Rejection::MissingScope(missing) if missing.why != MissingScopeReason::NotGranted => {
            Some(step_up_url(web, &missing.scopes, place))
        }
        _ => detour(web, rejection, place),
    }
}

fn picker_url(web: &Web, place: Place<'_>) -> String {
    let Place { here, account } = place;
    let here = here.map(|here| ("return_to", here.as_str()));
    let account = account.filter(|_| web.ports.config.mode.is_connect());
    let account = account.map(|account| ("account", account));
    let parameters: Vec<(&str, &str)> = here.into_iter().chain(account).collect();
    web.route("sites", &parameters)
}

/// The place without its `site` parameter, which named a site that cannot be reached.
fn without_site(web: &Web, here: &ReturnTo) -> Option<ReturnTo> {
    let (path, query) = here.as_str().split_once('?')?;
    let names_site = |pair: &&str| {
        let mut parsed = form_urlencoded::parse(pair.as_bytes());
        parsed.next().is_some_and(|(name, _)| name == "site")
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !names_site(pair)).collect();
    let place = if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    };
    web.ports.config.return_to.accept(&place)
}

fn page(web: &Web, rejection: &Rejection, context: &Context, place: Place<'_>) -> Reply {
    if context.is_safe
        && let Some(to) = detour(web, rejection, place)
    {
        return go(Audience::Page, &to);
    }
    let home_url = web.ports.config.home();
    let here = place.here;
    let way_url = match rejection {
        Rejection::MissingScope(missing) => Some(step_up_url(web, &missing.scopes, place)),
        Rejection::NotSignedIn => web.sign_in_url(here),
        Rejection::ConsentNeeded(_) | Rejection::NoSite => Some(web.more_url(&[], place)),
        Rejection::ChooseSite | Rejection::SiteGone | Rejection::UnknownSite => Some(picker_url(
            web,
            Place {
                here: None,
                ..place
            },
        )),
        _ => Some(web.again_url(here, None)),
    };
    let urls = Urls {
        way: way_url.as_deref(),
        here: here.map_or(home_url, ReturnTo::as_str),
        home: home_url,
        at_atlassian: !web.ports.config.mode.is_connect(),
    };
    match error_page(rejection, &urls) {
        Some(page) => web.page(rejection.status(), &page),
        None => without_visitor(rejection),
    }
}

/// The addresses of a page that tells of a rejection.
struct Urls<'a> {
    way: Option<&'a str>,
    here: &'a str,
    home: &'a str,
    at_atlassian: bool,
}

/// The page that tells of a rejection: to people who can do something about it.
fn error_page<'a>(rejection: &'a Rejection, urls: &Urls<'a>) -> Option<Page<'a>> {
    let (home_url, way) = (urls.home, urls.way.unwrap_or(urls.home));
    Some(match rejection {
        Rejection::NotSignedIn | Rejection::ConsentNeeded(_) => Page::SignInFirst {
            login_url: urls.way,
            at_atlassian: urls.at_atlassian,
            home_url,
        },
        Rejection::NotConnected | Rejection::ChooseConnection => Page::ConnectFirst {
            connections_url: way,
            home_url,
        },
        Rejection::ChooseSite | Rejection::SiteGone | Rejection::UnknownSite => Page::SiteFirst {
            gone: !matches!(rejection, Rejection::ChooseSite),
            sites_url: way,
            home_url,
        },
        Rejection::MissingScope(missing) => Page::MissingScope {
            why: missing.why,
            scopes: &missing.scopes,
            login_url: way,
            home_url,
        },
        Rejection::Forbidden => Page::CrossSite { home_url },
        Rejection::Api(kind) => Page::Api {
            trouble: trouble(kind),
            try_again: urls.here,
            home_url,
        },
        Rejection::NoSite => Page::NoSites {
            account: "",
            add_url: way,
            home_url,
        },
        rejection if is_outage(rejection) => Page::Failed {
            reason: Reason::Unavailable,
            try_again: way,
            home_url,
        },
        _ => return None,
    })
}

/// What a visitor can make of a call that failed.
fn trouble(kind: &ApiErrorKind) -> ApiTrouble {
    match kind {
        ApiErrorKind::Forbidden => ApiTrouble::Forbidden,
        ApiErrorKind::NotFound => ApiTrouble::NotFound,
        ApiErrorKind::RateLimited { .. } => ApiTrouble::Busy,
        ApiErrorKind::Unavailable { .. } => ApiTrouble::Unavailable,
        _ => ApiTrouble::Failed,
    }
}

/// The address that asks for what is missing. Atlassian does not tell what that is; then it is everything that the app
/// may ask for.
fn step_up_url(web: &Web, missing: &Scopes, place: Place<'_>) -> String {
    let offered = &web.ports.config.optional_scopes;
    let scopes = if missing.is_empty() { offered } else { missing }.to_string();
    web.more_url(&[("scope", &scopes)], place)
}

fn problem(web: &Web, rejection: &Rejection, context: &Context, account: Option<&str>) -> Reply {
    let status = rejection.status();
    let mut body = json!({
        "type": "about:blank",
        "title": rejection.to_string(),
        "status": status.as_u16(),
        "code": rejection.code(),
    });
    let mut tell = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    let seen = |url: String| Value::from(web.seen_from(context, url));
    tell("login_url", login_url(web, rejection, account).map(seen));
    let nowhere = Place {
        here: None,
        account,
    };
    let sites_url = || seen(picker_url(web, nowhere));
    let connections_url = || seen(web.route("connections", &[]));
    match rejection {
        Rejection::ChooseSite | Rejection::UnknownSite | Rejection::SiteGone => {
            tell("sites_url", Some(sites_url()));
        }
        Rejection::NotConnected | Rejection::ChooseConnection => {
            tell("connections_url", Some(connections_url()));
        }
        Rejection::ConsentNeeded(needed) => {
            tell("reason", Some(Value::from(needed.reason.as_str())));
        }
        Rejection::MissingScope(missing) => {
            tell("reason", Some(Value::from(missing.why.reason())));
            tell("missing_scopes", Some(missing.scopes.iter().collect()));
        }
        _ => {}
    }
    json::problem(status, &body)
}

/// The address that mends it, for programs, which know themselves where they are.
fn login_url(web: &Web, rejection: &Rejection, account: Option<&str>) -> Option<String> {
    let nowhere = Place {
        here: None,
        account,
    };
    match rejection {
        // An app with users of its own that does not say where they sign in: its front page knows.
        Rejection::NotSignedIn | Rejection::NavigationOnly => {
            let home = || web.ports.config.home().to_owned();
            Some(web.sign_in_url(None).unwrap_or_else(home))
        }
        Rejection::ConsentNeeded(_) => Some(web.more_url(&[], nowhere)),
        Rejection::MissingScope(missing) if missing.why != MissingScopeReason::NotGranted => {
            Some(step_up_url(web, &missing.scopes, nowhere))
        }
        _ => None,
    }
}

fn htmx(web: &Web, rejection: &Rejection, context: &Context, place: Place<'_>) -> Reply {
    let reply = problem(web, rejection, context, place.account);
    match detour(web, rejection, place) {
        Some(to) => reply.computed(HX_REDIRECT, &to),
        None => reply,
    }
}
