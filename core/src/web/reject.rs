//! A rejection in the form that fits the request: a page, a redirect, JSON or an htmx header.

use http::StatusCode;
use http::header::{ALLOW, RETRY_AFTER};
use serde_json::{Value, json};

use super::pages::{ApiTrouble, Page};
use super::shell::{HX_REDIRECT, go};
use super::{Context, Web, json};
use crate::error::{ApiErrorKind, Reason, Rejection, ScopeLack};
use crate::message::{Audience, Reply};
use crate::return_to::ReturnTo;
use crate::scope::Scopes;

/// Answers a rejection.
pub(crate) fn reject(web: &Web, rejection: &Rejection, context: &Context) -> Reply {
    log(rejection);
    let reply = match context.audience {
        Audience::Page => page(web, rejection, context),
        Audience::Fetch => problem(web, rejection),
        Audience::Htmx => htmx(web, rejection, context),
    };
    match rejection {
        Rejection::Method(allowed) => reply.header(ALLOW, allowed),
        Rejection::Api(kind) => match kind.retry_after() {
            Some(rest) => reply.computed(RETRY_AFTER, &rest.as_secs().max(1).to_string()),
            None => reply,
        },
        Rejection::Store(_)
        | Rejection::Subject
        | Rejection::SitesUnknown
        | Rejection::NoRandomness => reply.header(RETRY_AFTER, "5"),
        _ => reply,
    }
}

fn log(rejection: &Rejection) {
    let status = rejection.status();
    if status.is_server_error() && !matches!(rejection, Rejection::Prefetch) {
        tracing::error!(target: "threelo", code = rejection.code(), error = %rejection, "request failed");
    } else {
        tracing::debug!(target: "threelo", code = rejection.code(), "request turned away");
    }
}

/// Where the detour leads, if one helps.
fn detour(web: &Web, rejection: &Rejection, here: Option<&ReturnTo>) -> Option<String> {
    let is_connect = web.ports.config.mode.is_connect();
    match rejection {
        Rejection::NotSignedIn => web.sign_in_url(here),
        Rejection::ConsentNeeded(_) => Some(web.more_url(&[], here)),
        Rejection::NotConnected | Rejection::ChooseConnection => Some(web.more_url(&[], here)),
        // The page with the button says why; a second page before it would say the same.
        Rejection::MissingScope(missing) if is_connect && missing.why != ScopeLack::NotGranted => {
            Some(step_up_url(web, &missing.scopes, here))
        }
        Rejection::ChooseSite => Some(picker_url(web, here)),
        Rejection::UnknownSite | Rejection::SiteGone => {
            let place = here.and_then(|here| without_site(web, here));
            Some(picker_url(web, place.as_ref().or(here)))
        }
        _ => None,
    }
}

/// Where a visitor can mend what turned them away, if they can.
pub(crate) fn way_on(web: &Web, rejection: &Rejection, context: &Context) -> Option<String> {
    let here = context.here(web);
    match rejection {
        Rejection::MissingScope(missing) if missing.why != ScopeLack::NotGranted => {
            Some(step_up_url(web, &missing.scopes, here.as_ref()))
        }
        _ => detour(web, rejection, here.as_ref()),
    }
}

fn picker_url(web: &Web, here: Option<&ReturnTo>) -> String {
    match here {
        Some(here) => web.route("sites", &[("return_to", here.as_str())]),
        None => web.route("sites", &[]),
    }
}

/// The place without its `site` parameter, which named a site that cannot be reached.
fn without_site(web: &Web, here: &ReturnTo) -> Option<ReturnTo> {
    let (path, query) = here.as_str().split_once('?')?;
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("site="))
        .collect();
    let place = if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    };
    web.ports.config.return_to.accept(&place)
}

fn page(web: &Web, rejection: &Rejection, context: &Context) -> Reply {
    let here = context.here(web);
    if context.is_safe
        && let Some(to) = detour(web, rejection, here.as_ref())
    {
        return go(Audience::Page, &to);
    }
    let home_url = web.ports.config.home();
    let here_url = here.as_ref().map_or(home_url, ReturnTo::as_str);
    let login_url = match rejection {
        Rejection::MissingScope(missing) => step_up_url(web, &missing.scopes, here.as_ref()),
        Rejection::NotSignedIn => web
            .sign_in_url(here.as_ref())
            .unwrap_or_else(|| home_url.to_owned()),
        Rejection::NoSite => web.more_url(&[], here.as_ref()),
        _ => web.again_url(here.as_ref()),
    };
    match told(rejection, (&login_url, here_url, home_url)) {
        Some(page) => web.page(rejection.status(), &page),
        None => without_visitor(rejection),
    }
}

/// The page that tells of a rejection: to people who can do something about it.
fn told<'a>(
    rejection: &'a Rejection,
    (login_url, here_url, home_url): (&'a str, &'a str, &'a str),
) -> Option<Page<'a>> {
    Some(match rejection {
        Rejection::NotSignedIn | Rejection::ConsentNeeded(_) => Page::SignInFirst {
            login_url,
            home_url,
        },
        Rejection::NotConnected | Rejection::ChooseConnection => Page::ConnectFirst {
            connections_url: login_url,
            home_url,
        },
        Rejection::MissingScope(missing) => Page::MissingScope {
            why: missing.why,
            scopes: &missing.scopes,
            login_url,
            home_url,
        },
        Rejection::Forbidden => Page::CrossSite { home_url },
        Rejection::Api(kind) => Page::Api {
            trouble: trouble(kind),
            try_again: here_url,
            home_url,
        },
        Rejection::NoSite => Page::NoSites {
            account: "",
            add_url: login_url,
            home_url,
        },
        Rejection::Store(_)
        | Rejection::Subject
        | Rejection::SitesUnknown
        | Rejection::NoRandomness => Page::Failed {
            reason: Reason::Unavailable,
            try_again: login_url,
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
fn step_up_url(web: &Web, missing: &Scopes, here: Option<&ReturnTo>) -> String {
    let offered = &web.ports.config.optional_scopes;
    let scopes = if missing.is_empty() { offered } else { missing }.to_string();
    web.more_url(&[("scope", &scopes)], here)
}

fn problem(web: &Web, rejection: &Rejection) -> Reply {
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
    tell("login_url", login_url(web, rejection).map(Value::from));
    let sites_url = || Value::from(web.route("sites", &[]));
    let connections_url = || Value::from(web.route("connections", &[]));
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
fn login_url(web: &Web, rejection: &Rejection) -> Option<String> {
    match rejection {
        Rejection::NotSignedIn | Rejection::NavigationOnly => web.sign_in_url(None),
        Rejection::ConsentNeeded(_) => Some(web.more_url(&[], None)),
        Rejection::MissingScope(missing) if missing.why != ScopeLack::NotGranted => {
            Some(step_up_url(web, &missing.scopes, None))
        }
        _ => None,
    }
}

fn htmx(web: &Web, rejection: &Rejection, context: &Context) -> Reply {
    let here = context.here(web);
    let reply = problem(web, rejection);
    match detour(web, rejection, here.as_ref()) {
        Some(to) => reply.computed(HX_REDIRECT, &to),
        None => reply,
    }
}

/// The answer where nobody knows who asked: a line of text with the status.
pub(crate) fn without_visitor(rejection: &Rejection) -> Reply {
    Reply::new(rejection.status()).body("text/plain; charset=utf-8", format!("{rejection}\n"))
}

/// The answer of an extractor or guard that ran outside the layer: there is nobody to ask for a page.
pub(super) fn without_layer(rejection: &Rejection) -> Reply {
    log(rejection);
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Reply::new(status).body("text/plain; charset=utf-8", format!("{rejection}\n"))
}
