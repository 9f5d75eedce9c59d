//! A request for one of our routes, owned.

use bytes::Bytes;

use crate::config::Config;
use crate::flow::ResolvedSubject;
use crate::message::{Headers, RequestHead};
use crate::secret::opaque_debug;
use crate::web::request::context::Context;

/// A request of ours, owned.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) context: Context,
    pub(crate) body: Bytes,
    /// The user of the app, in connect mode.
    pub(crate) subject: ResolvedSubject,
    fields: Fields,
}

// Without its address and its fields, which hold codes, states and cookies.
opaque_debug!(Request);

impl Request {
    /// Keeps what routes may read of a request.
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
            subject: ResolvedSubject::NotAsked,
            fields: Fields(kept.collect()),
        }
    }

    /// The head once more, for readers.
    pub(crate) fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.fields,
        }
    }
}

pub(crate) struct Fields(Vec<(&'static str, Vec<u8>)>);

impl Headers for Fields {
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        self.0
            .iter()
            .filter(|(kept, _)| *kept == name)
            .for_each(|(_, value)| each(value));
    }
}

/// The header fields that routes may read; nothing else is kept.
pub(crate) const KEPT: [&str; 19] = [
    "accept",
    "access-control-request-method",
    "authorization",
    "content-type",
    "cookie",
    "host",
    "hx-current-url",
    "hx-request",
    "origin",
    "purpose",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-purpose",
    "x-atlassian-token",
    "x-threelo",
    "x-threelo-account",
    "x-threelo-site",
];
