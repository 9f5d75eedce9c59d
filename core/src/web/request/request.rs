//! A request to one of threelo's routes, owned, so that it can wait for its body.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::config::Config;
use crate::flow::ResolvedSubject;
use crate::message::{FetchMetadata, Headers, RequestHead, client};
use crate::secret::opaque_debug;
use crate::web::proxy::calls::CallInFlight;
use crate::web::request::context::Context;

/// A request to one of threelo's routes. `Debug` prints nothing of it: its address and its fields
/// hold codes, states and cookies.
pub(crate) struct Request {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path as it came, undecoded.
    pub(crate) path: String,
    /// What came after `?`, undecoded.
    pub(crate) query: Option<String>,
    /// What a reply must know.
    pub(crate) context: Context,
    /// The body; empty until the adapter has read it, and for routes that read none.
    pub(crate) body: Bytes,
    /// The network that it comes from, if the app says how to know it.
    pub(crate) client: Option<IpAddr>,
    /// The app's user, in connect mode, once the app was asked.
    pub(crate) subject: ResolvedSubject,
    /// The forwarded call that this is, once it counts.
    pub(crate) call: Option<Arc<CallInFlight>>,
    /// The path of a nested router of which the mount path says nothing, so that browsers would look elsewhere.
    pub(crate) nest: Option<String>,
    /// The header fields of [`KEPT`].
    fields: Fields,
}

opaque_debug!(Request);

impl Request {
    /// Copies what routes may read of a head.
    pub(crate) fn of(config: &Config, head: &RequestHead<'_>) -> Self {
        let kept = KEPT.iter().flat_map(|name| {
            head.all(name)
                .into_iter()
                .map(|value| (*name, value.to_vec()))
        });
        Self {
            method: head.method.to_owned(),
            path: head.path.to_owned(),
            query: head.query.map(str::to_owned),
            context: Context::of(config, head),
            body: Bytes::new(),
            client: config
                .trusted_proxies
                .and_then(|proxies| client(head, proxies)),
            subject: ResolvedSubject::NotAsked,
            call: None,
            nest: head.nest().filter(|nest| !config.mount.ends_with(nest)),
            fields: Fields(kept.collect()),
        }
    }

    /// Whether the request can change something, and needs the proof of its origin.
    pub(crate) fn can_change(&self) -> bool {
        FetchMetadata::of(&self.head()).can_change(&self.method)
    }

    /// Returns the head, with the header fields that were kept, for functions that take one.
    pub(crate) fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.fields,
        }
    }
}

/// The header fields that were kept, in the order of [`KEPT`]; several of one name in the order in
/// which they came.
pub(crate) struct Fields(Vec<(&'static str, Vec<u8>)>);

impl Headers for Fields {
    /// Hands out the fields of one name. Names that were not kept have none.
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        self.0
            .iter()
            .filter(|(kept, _)| *kept == name)
            .for_each(|(_, value)| each(value));
    }
}

/// The header fields that routes may read; all others are dropped. What is not here cannot identify
/// a visitor: no `X-Forwarded-For` (docs/attacks.md T056, T201). `X-Forwarded-Host` may tell that the
/// visitor came by another name, and chooses none. `User-Agent` answers one
/// question, whether the browser tells of clicks (docs/decisions/0090; T221). For limits, `client` is
/// read before.
pub(crate) const KEPT: [&str; 27] = [
    "accept",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "content-type",
    "cookie",
    "host",
    "hx-current-url",
    "hx-request",
    "if-match",
    "if-none-match",
    "origin",
    "purpose",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-purpose",
    "upgrade",
    "user-agent",
    "x-atlassian-token",
    "x-experimentalapi",
    "x-forwarded-host",
    "x-threelo",
    "x-threelo-account",
    "x-threelo-site",
];
