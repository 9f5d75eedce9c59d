//! A rejection in the form that fits the request: a page, a redirect, JSON or an htmx header.

use http::StatusCode;
use http::header::{ALLOW, RETRY_AFTER};
use serde_json::{Value, json};

use super::pages::{ApiTrouble, Page};
use super::shell::{HX_REDIRECT, go};
use super::{Context, Web, json};
use crate::error::{ApiErrorKind, Reason, Rejection};
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
        Rejection::Store(_) | Rejection::SitesUnknown | Rejection::NoRandomness => {
            reply.header(RETRY_AFTER, "5")
        }
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
    match rejection {
        Rejection::NotSignedIn | Rejection::ConsentNeeded(_) => Some(web.login_url(here)),
        Rejection::ChooseSite => Some(picker_url(web, here)),
        Rejection::UnknownSite => Some(picker_url(
            web,
            here.and_then(|here| without_site(web, here)).as_ref(),
        )),
        _ => None,
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
        Rejection::MissingScope(missing) => step_up_url(web, missing, here.as_ref()),
        _ => web.login_url(here.as_ref()),
    };
    match told(rejection, (&login_url, here_url, home_url)) {
        Some(page) => web.page(rejection.status(), &page),
        None => without_visitor(rejection),
    }
}

/// The page that tells of a rejection: to people who can do something about it.
fn told<'a>(
    rejection: &Rejection,
    (login_url, here_url, home_url): (&'a str, &'a str, &'a str),
) -> Option<Page<'a>> {
    Some(match rejection {
        Rejection::NotSignedIn | Rejection::ConsentNeeded(_) => Page::SignInFirst {
            login_url,
            home_url,
        },
        Rejection::MissingScope(_) => Page::MissingScope {
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
        Rejection::Store(_) | Rejection::SitesUnknown | Rejection::NoRandomness => Page::Failed {
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

/// The login that also asks for what is missing, as far as the app offers it.
fn step_up_url(web: &Web, missing: &Scopes, here: Option<&ReturnTo>) -> String {
    // Atlassian does not tell what is missing; then everything that the app may ask for is.
    let offered = &web.ports.config.optional_scopes;
    let scopes = if missing.is_empty() { offered } else { missing }.to_string();
    let mut parameters = vec![("scope", scopes.as_str())];
    parameters.extend(here.map(|here| ("return_to", here.as_str())));
    web.route("login", &parameters)
}

fn problem(web: &Web, rejection: &Rejection) -> Reply {
    let status = rejection.status();
    let mut body = json!({
        "type": "about:blank",
        "title": rejection.to_string(),
        "status": status.as_u16(),
        "code": rejection.code(),
    });
    if rejection.wants_login() {
        body["login_url"] = Value::from(web.login_url(None));
    }
    if matches!(rejection, Rejection::ChooseSite | Rejection::UnknownSite) {
        body["sites_url"] = Value::from(web.route("sites", &[]));
    }
    if let Rejection::ConsentNeeded(needed) = rejection {
        body["reason"] = Value::from(needed.reason.as_str());
    }
    if let Rejection::MissingScope(missing) = rejection {
        body["missing_scopes"] = missing.iter().collect();
    }
    json::problem(status, &body)
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
