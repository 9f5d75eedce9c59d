//! What an answer must know of the request it answers.

use url::form_urlencoded;

use crate::config::{BrowserOrigin, Config};
use crate::flow::FlowCookie;
use crate::ids::SessionTokenHash;
use crate::message::cookie::{self, CookieValue};
use crate::message::{Audience, RequestHead};
use crate::return_to::ReturnTo;
use crate::secret::opaque_debug;
use crate::web::request::credential::{self, Credential};
use crate::web::state::Web;

/// Who waits, where they are, and what their browser proved. Made at the start of a request, without a store.
pub(crate) struct Context {
    /// Who waits for the answer.
    pub audience: Audience,
    /// Whether the method asks for something without changing anything.
    pub is_safe: bool,
    /// Path and query as they came.
    pub target: String,
    /// Where the visitor stands, if it is not `target`.
    pub stands_at: Option<String>,
    /// The session that it shows.
    pub session: Option<Credential>,
    /// The listed origin from which it comes.
    pub origin: Option<BrowserOrigin>,
    /// The flow cookies.
    pub flows: Vec<FlowCookie>,
    /// The site that `X-Threelo-Site` names.
    pub named_site: Option<String>,
    /// The cookie that carries what a page of ours says.
    pub flash: Option<String>,
}

// Without its address, which may hold a code, and without what its cookies hold.
opaque_debug!(Context);

impl Context {
    /// The key of the session that it shows.
    pub(crate) fn session_key(&self) -> Option<&SessionTokenHash> {
        self.session.as_ref().map(Credential::key)
    }

    /// Reads what an answer may need.
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
        }
    }

    /// That of a script which shows nothing.
    pub(crate) fn of_script() -> Self {
        Self {
            audience: Audience::Fetch,
            is_safe: true,
            target: String::new(),
            stands_at: None,
            session: None,
            origin: None,
            flows: Vec::new(),
            named_site: None,
            flash: None,
        }
    }

    /// The place to return to after a detour: never the target of a change.
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

    /// The site that this request names for itself, so that two tabs can work on two sites.
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

/// Path and query as they came.
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

/// The cookie of a flash.
fn flash<'a>(config: &Config, cookies: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    match cookie::find(cookies, &config.cookies.flash) {
        CookieValue::One(value) => std::str::from_utf8(value).ok().map(str::to_owned),
        _ => None,
    }
}

/// The flow cookies.
pub(crate) fn flows<'a>(
    config: &Config,
    cookies: impl Iterator<Item = &'a [u8]>,
) -> Vec<FlowCookie> {
    let found = cookie::names_with_prefix(cookies, &config.cookies.flow_prefix).into_iter();
    let text = |bytes| std::str::from_utf8(bytes).ok().map(str::to_owned);
    found
        .filter_map(|(name, value)| {
            Some(FlowCookie {
                name: text(name)?,
                value: text(value)?,
            })
        })
        .collect()
}
