//! What all replies of an app are made with.

use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use crate::environment::origin_text;
use crate::pages::Pages;
use crate::ports::Ports;
use crate::secret::opaque_debug;
use crate::web::proxy::body;
use crate::web::proxy::calls::Calls;

/// What all replies of an app are made with. Made once when the app is built, and shared by all of
/// its requests.
pub(crate) struct Web {
    /// The settings, the stores, the clock and the way to Atlassian.
    pub ports: Arc<Ports>,
    /// The look of the pages: the app's own, or the built-in one.
    pub(crate) pages: Arc<dyn Pages>,
    /// The `Content-Security-Policy` of every page, without `form-action`, which only some pages
    /// can have (docs/attacks.md T137).
    pub(crate) policy: String,
    /// The app's own origin as browsers write it in `Origin`. It comes from the public URL, never
    /// from `Host` (docs/attacks.md T113).
    pub(crate) origin: String,
    /// The forwarded calls in flight.
    pub(crate) calls: Calls,
    /// What `GET openapi.json` serves, once somebody has asked for it.
    pub(crate) description: OnceLock<String>,
    /// The turns of long forwarded answers; see [`limited_body`](body::limited_body).
    pub(crate) turns: Arc<Semaphore>,
}

opaque_debug!(Web);

impl Web {
    /// Takes the ports and the look of an app. Asks [`Pages::style_sources`] once: the policy is
    /// the same for all pages.
    pub(crate) fn new(ports: Arc<Ports>, pages: Arc<dyn Pages>) -> Self {
        let origin = origin_text(&ports.config.public_url);
        let policy = format!(
            "default-src 'none'; style-src {}; base-uri 'none'; frame-ancestors 'none'",
            pages.style_sources()
        );
        Self {
            ports,
            pages,
            policy,
            origin,
            calls: Calls::default(),
            description: OnceLock::new(),
            turns: Arc::new(Semaphore::new(body::TURNS)),
        }
    }
}
