//! What a reply must know of the request that it answers.

use url::form_urlencoded;

use crate::config::{BrowserOrigin, Config};
use crate::error::Rejection;
use crate::flow::{FlowCookie, is_flow_name};
use crate::ids::SessionTokenHash;
use crate::message::cookie::{self, CookieValue};
use crate::message::query::Query;
use crate::message::{Audience, FetchMetadata, RequestHead};
use crate::return_to::ReturnTo;
use crate::secret::opaque_debug;
use crate::web::request::credential::{self, Credential};
use crate::web::state::Web;

/// Who waits for the answer, where they are, and what their browser sent to identify them.
///
/// Read from the head alone, without a store. For a request to one of threelo's routes it is made
/// immediately; for a request to the app only when a reply of threelo's is needed, from its
/// [`RequestSnapshot`](super::RequestSnapshot).
pub(crate) struct Context {
    /// Which form the answer takes: a page, JSON, or fields for htmx.
    pub audience: Audience,
    /// Whether the method is `GET` or `HEAD`. Only then may a redirect lead away and back: it would
    /// lose the body of anything else (docs/attacks.md T070).
    pub is_safe: bool,
    /// Path and query as they came, undecoded. Not checked; [`here`](Self::here) does that.
    pub target: String,
    /// Whether a script sent the request, also one that shows what comes back as a page, as Turbo does: it cannot follow a
    /// redirect to another site.
    pub by_script: bool,
    /// Which languages the visitor reads (`Accept-Language`).
    pub language: Option<String>,
    /// The address of the page that an htmx request came from (`HX-Current-URL`), as the browser
    /// sent it.
    pub stands_at: Option<String>,
    /// The session that the request shows. Whether it exists is not known.
    pub session: Option<Credential>,
    /// The listed origin that the request comes from; `None` for every other origin.
    pub origin: Option<BrowserOrigin>,
    /// The flow cookies, 32 at most, still sealed.
    pub flows: Vec<FlowCookie>,
    /// The site that `X-Threelo-Site` names: an address, a host or a cloud id.
    pub named_site: Option<String>,
    /// The cookie with a message for the next page, still sealed.
    pub flash: Option<String>,
    /// Whether there are more cookies than are read; then session, flows and flash count as absent.
    pub cookies_unread: bool,
}

// Its address may hold a code, and its cookies hold secrets.
opaque_debug!(Context);

impl Context {
    /// Answers a script that accepts a page with one, as it follows the redirect after a form: Turbo does that, and shows what
    /// comes back. Only for addresses that are pages; elsewhere such a script gets data, and lets the browser go there.
    pub(crate) fn show_page(&mut self) {
        if self.audience == Audience::Fetch {
            self.audience = Audience::Page;
        }
    }

    /// Returns the key under which the session would be stored that the request shows.
    pub(crate) fn session_key(&self) -> Option<&SessionTokenHash> {
        self.session.as_ref().map(Credential::key)
    }

    /// Reads a head. Fields that are not UTF-8 count as absent.
    pub(crate) fn of(config: &Config, head: &RequestHead<'_>) -> Self {
        let audience = head.audience();
        let origin = credential::listed(config, head);
        let authorization = head.first("authorization");
        let text = |name| {
            head.first(name)
                .and_then(|value| std::str::from_utf8(value).ok())
                .map(str::to_owned)
        };
        Self {
            audience,
            is_safe: matches!(head.method, "GET" | "HEAD"),
            target: target(head),
            by_script: FetchMetadata::of(head).is_by_script(),
            language: text("accept-language"),
            stands_at: if audience == Audience::Htmx {
                text("hx-current-url")
            } else {
                None
            },
            session: Credential::read(
                config,
                origin,
                authorization,
                head.all("cookie").into_iter(),
            ),
            origin: origin.cloned(),
            flows: flows(config, head.all("cookie").into_iter()),
            named_site: text("x-threelo-site"),
            flash: flash(config, head.all("cookie").into_iter()),
            cookies_unread: !cookie::are_readable(head.all("cookie").into_iter()),
        }
    }

    /// Returns the context of a script that shows nothing. With it every rejection becomes JSON.
    pub(crate) fn anonymous_script() -> Self {
        Self {
            audience: Audience::Fetch,
            is_safe: true,
            target: String::new(),
            by_script: true,
            language: None,
            stands_at: None,
            session: None,
            origin: None,
            flows: Vec::new(),
            named_site: None,
            flash: None,
            cookies_unread: false,
        }
    }

    /// Returns why the request is turned away, now that its cookies are known: who shows too many of them is not
    /// signed out, but unknown.
    pub(crate) fn explain(&self, rejection: Rejection) -> Rejection {
        match rejection {
            Rejection::NotSignedIn if self.cookies_unread => Rejection::TooManyCookies,
            rejection => rejection,
        }
    }

    /// Returns the place to come back to after a login or a choice, if it passes the rules for
    /// return targets (docs/attacks.md T065 to T069).
    ///
    /// For htmx that is the page that sent the request, for other requests with a safe method the
    /// request's own address. A change has no such place: coming back to it would be a `GET`. The
    /// mount path is added if the app sits behind a proxy that strips it.
    pub(crate) fn here(&self, web: &Web) -> Option<ReturnTo> {
        let config = &web.ports.config;
        if self.audience == Audience::Htmx {
            return config.return_to.accept(self.stands_at.as_deref()?);
        }
        if !self.is_safe {
            return None;
        }
        let is_mounted =
            config.mount.is_empty() || self.target.starts_with(&format!("{}/", config.mount));
        let mount = if is_mounted {
            ""
        } else {
            config.mount.as_str()
        };
        config.return_to.accept(&format!("{mount}{}", self.target))
    }

    /// Returns the place that the query of the request names as `return_to`, if it passes the rules.
    pub(crate) fn wanted_place(&self, web: &Web) -> Option<ReturnTo> {
        let (_, query) = self.target.split_once('?')?;
        let query = Query::parse(query.as_bytes()).ok()?;
        web.ports.config.return_to.accept(query.one("return_to")?)
    }

    /// Returns the site that the request names: `X-Threelo-Site`, else the first `site` of its
    /// query. It comes before the site of the session, so that two tabs can work on two sites.
    pub(crate) fn wished_site(&self) -> Option<String> {
        if self.named_site.is_some() {
            return self.named_site.clone();
        }
        let (_, query) = self.target.split_once('?')?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "site")
            .map(|(_, value)| value.into_owned())
    }
}

/// Puts path and query together as they came. An empty query keeps its `?`.
pub(crate) fn target(head: &RequestHead<'_>) -> String {
    let query = head.query.unwrap_or_default();
    let mut target = String::with_capacity(head.path.len() + query.len() + 1);
    target.push_str(head.path);
    if head.query.is_some() {
        target.push('?');
        target.push_str(query);
    }
    target
}

/// Reads the flash cookie. Two different values are no flash: another host may have set one of them
/// (docs/attacks.md T087).
fn flash<'a>(config: &Config, cookies: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    match cookie::find(cookies, &config.cookies.flash) {
        CookieValue::One(value) => std::str::from_utf8(value).ok().map(str::to_owned),
        _ => None,
    }
}

/// Reads the flow cookies. Nothing is opened: which of them belongs to a callback, its `state`
/// decides.
pub(crate) fn flows<'a>(
    config: &Config,
    cookies: impl Iterator<Item = &'a [u8]>,
) -> Vec<FlowCookie> {
    let found = cookie::names_with_prefix(cookies, &config.cookies.flow_prefix).into_iter();
    let text = |bytes| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let is_ours = |name: &[u8]| is_flow_name(&name[config.cookies.flow_prefix.len()..]);
    found
        .filter(|(name, _)| is_ours(name))
        .filter_map(|(name, value)| {
            Some(FlowCookie {
                name: text(name)?,
                value: text(value)?,
            })
        })
        .collect()
}
