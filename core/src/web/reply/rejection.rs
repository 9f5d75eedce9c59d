//! A rejection in the form that fits the request (docs/decisions/0006).
//!
//! - A navigation with a safe method is redirected to the *detour*, if there is one: an address
//!   that solves the problem and leads back, such as the login, the picker or the connected
//!   accounts.
//! - Any other navigation gets a page that says what happened and links to the way on, or a line of
//!   text if nobody will see it.
//! - A script gets a problem (`application/problem+json`, RFC 9457) with a stable `code`.
//! - htmx gets the same problem, with the detour in `HX-Redirect`.

use std::time::Duration;

use http::header::{ALLOW, RETRY_AFTER};
use url::form_urlencoded;

use crate::error::{ApiErrorKind, MissingScopeReason, Reason, Rejection, log, without_visitor};
use crate::ids::AccountId;
use crate::message::{Audience, Reply};
use crate::pages::{ApiTrouble, Page, RequestFault, SetupFault};
use crate::return_to::ReturnTo;
use crate::web::reply::problem::problem;
use crate::web::reply::redirect::{HX_REDIRECT, go};
use crate::web::reply::urls::{Place, picker_url, step_up_url};
use crate::web::request::Context;
use crate::web::state::Web;

/// `Retry-After` of replies to outages, in seconds.
pub(crate) const SOON: &str = "5";

/// Renders a rejection, and logs it: at `error` if its status is 5xx (except for prefetches),
/// otherwise at `debug`.
///
/// Adds `Allow` to 405, and `Retry-After` if the store or the app failed or Atlassian asked for a
/// pause (at least one second). `account` is the account that the work was for, if it is known: in
/// connect mode the detour asks for more of that one.
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
            Some(rest) => reply.computed(RETRY_AFTER, &seconds(rest).to_string()),
            None => reply,
        },
        Rejection::TooManyCalls => reply.header(RETRY_AFTER, "1"),
        rejection if is_outage(rejection) => reply.header(RETRY_AFTER, SOON),
        _ => reply,
    }
}

/// Whole seconds that are not shorter than a wait.
pub(crate) fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// Whether a failure that is not the visitor's may soon be over, so that `Retry-After` makes sense.
fn is_outage(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::Store(_)
            | Rejection::Subject
            | Rejection::SitesUnknown
            | Rejection::NoRandomness
    )
}

/// Returns the address that solves the problem, if one does.
///
/// Not for a missing scope in sign-in mode: a page says first what will be asked for. In connect
/// mode the page with the button does that. A scope that Atlassian did not grant has no detour,
/// because asking again would not help.
fn detour(web: &Web, rejection: &Rejection, place: Place<'_>) -> Option<String> {
    let Place { here, account } = place;
    let is_connect = web.ports.config.mode.is_connect();
    match rejection {
        Rejection::NotSignedIn => web.sign_in_url(here),
        Rejection::ConsentNeeded(_) => Some(web.more_url(&[], place)),
        Rejection::NotConnected | Rejection::ChooseConnection => {
            Some(web.more_url(&[], Place::at(here)))
        }
        // The page with the button says why, so that no page before it needs to.
        Rejection::MissingScope(missing) if is_connect && missing.why.can_be_asked() => {
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

/// Returns the address at which the visitor can solve the problem, if there is one. Apps with pages
/// of their own link to it. Unlike [`detour`] it has one for missing scopes in both modes.
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
        Rejection::MissingScope(missing) if missing.why.can_be_asked() => {
            Some(step_up_url(web, &missing.scopes, place))
        }
        _ => detour(web, rejection, place),
    }
}

/// Returns a place without its `site` parameter: it named a site that cannot be reached, and coming
/// back with it would lead to the picker again.
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

/// Answers a navigation: with the detour if the method is safe, otherwise with a page. A redirect
/// would lose the body of a change (docs/attacks.md T070).
fn page(web: &Web, rejection: &Rejection, context: &Context, place: Place<'_>) -> Reply {
    if context.is_safe
        && let Some(to) = detour(web, rejection, place)
    {
        let config = &web.ports.config;
        if to.starts_with(&format!("{}{}/", config.mount, config.prefix)) {
            web.arrivals.expect(&to);
        }
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
        Rejection::NoSuchRoute { meant } => meant.map(|name| web.route(name, &[])),
        Rejection::ConnectInstead => Some(web.route("connections", &[])),
        Rejection::NavigationOnly => Some(web.again_url(context.wanted_place(web).as_ref(), None)),
        _ => Some(web.again_url(here, None)),
    };
    let urls = Urls {
        way: way_url.as_deref(),
        here: here.map_or(home_url, ReturnTo::as_str),
        home: home_url,
        at_atlassian: !web.ports.config.mode.is_connect(),
    };
    match error_page(rejection, &urls) {
        Some(page) => web.page(rejection.status(), &page, context),
        None => without_visitor(rejection),
    }
}

/// The addresses of a page that explains a rejection.
struct Urls<'a> {
    /// The way that solves the problem.
    way: Option<&'a str>,
    /// The visitor's place, else the front page.
    here: &'a str,
    /// The app's front page.
    home: &'a str,
    /// Whether a login leads to Atlassian; in connect mode it is the app's own.
    at_atlassian: bool,
}

/// Returns the page that explains a rejection; `None` for a prefetch, which nobody sees.
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
        Rejection::MissingScope(missing) if missing.why == MissingScopeReason::NotConfigured => {
            let fault = SetupFault::ScopesNotConfigured(&missing.scopes);
            Page::Misconfigured { fault, home_url }
        }
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
        Rejection::NavigationOnly => Page::OwnWindow { login_url: way },
        rejection => return faulty(rejection, urls),
    })
}

/// The same for failures, and for requests that have no answer.
fn faulty<'a>(rejection: &Rejection, urls: &Urls<'a>) -> Option<Page<'a>> {
    let (home_url, way) = (urls.home, urls.way.unwrap_or(urls.home));
    let misconfigured = |fault| Page::Misconfigured { fault, home_url };
    let bad = |fault| Page::BadRequest { fault, home_url };
    Some(match rejection {
        Rejection::NoProductScope => misconfigured(SetupFault::NoProductScope),
        Rejection::WrongMode(_) | Rejection::Login(_) => misconfigured(SetupFault::Handler),
        Rejection::NoSuchRoute { .. } => bad(RequestFault::NoSuchPage(urls.way)),
        Rejection::NotFound => bad(RequestFault::NoSuchPage(None)),
        Rejection::ConnectInstead => bad(RequestFault::ConnectInstead(way)),
        Rejection::Method(_) => bad(RequestFault::Method),
        Rejection::BadRequest(_) | Rejection::TooLarge(_) => bad(RequestFault::Unreadable),
        Rejection::ScriptsOnly | Rejection::Ticket | Rejection::NotForwarded => {
            bad(RequestFault::ForScripts)
        }
        Rejection::TooManyCalls => bad(RequestFault::TooMuch),
        rejection => Page::Failed {
            reason: reason_of(rejection)?,
            words: None,
            try_again: way,
            home_url,
        },
    })
}

/// What the page for failures says about a rejection.
fn reason_of(rejection: &Rejection) -> Option<Reason> {
    match rejection {
        Rejection::TooManyCookies => Some(Reason::Cookies),
        rejection => is_outage(rejection).then_some(Reason::Unavailable),
    }
}

/// What a visitor can make of a failed call.
fn trouble(kind: &ApiErrorKind) -> ApiTrouble {
    match kind {
        ApiErrorKind::Forbidden => ApiTrouble::Forbidden,
        ApiErrorKind::NotFound => ApiTrouble::NotFound,
        ApiErrorKind::RateLimited { .. } => ApiTrouble::Busy,
        ApiErrorKind::Unavailable { .. } => ApiTrouble::Unavailable,
        ApiErrorKind::OutcomeUnknown => ApiTrouble::OutcomeUnknown,
        _ => ApiTrouble::Failed,
    }
}

/// Makes the problem for htmx, with the detour in `HX-Redirect`. The detour leads back to the page
/// that sent the request, not to the address of the request.
fn htmx(web: &Web, rejection: &Rejection, context: &Context, place: Place<'_>) -> Reply {
    let reply = problem(web, rejection, context, place.account);
    // A boosted link to the login: the browser must follow it itself.
    let login = || match rejection {
        Rejection::NavigationOnly => {
            let query = context.target.split_once('?').map(|(_, query)| query);
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            Some(format!("{}{query}", web.route("login", &[])))
        }
        _ => None,
    };
    match detour(web, rejection, place).or_else(login) {
        Some(to) => reply.computed(HX_REDIRECT, &to),
        None => reply,
    }
}
