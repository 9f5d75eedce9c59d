//! What all replies of an app are made with.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
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
    /// The same for the one page that is seen in frames (docs/decisions/0089).
    pub(crate) framed_policy: String,
    /// The app's own origin as browsers write it in `Origin`. It comes from the public URL, never
    /// from `Host` (docs/attacks.md T113).
    pub(crate) origin: String,
    /// The forwarded calls in flight.
    pub(crate) calls: Calls,
    /// What `GET openapi.json` serves, once somebody has asked for it.
    pub(crate) description: OnceLock<String>,
    /// Whether browsers arrive at the auth routes.
    pub(crate) arrivals: Arrivals,
    /// What was logged already.
    pub(crate) warned: Warned,
    /// The turns of long forwarded answers; see [`limited_body`](body::limited_body).
    pub(crate) turns: Arc<Semaphore>,
}

opaque_debug!(Web);

/// What is logged as a warning once in a process.
#[derive(Default)]
pub(crate) struct Warned {
    /// A path that is almost one of ours.
    pub(crate) of_callback: AtomicBool,
    /// A path under the prefix that is none of ours.
    pub(crate) of_route: AtomicBool,
    /// A layer in a nested router.
    pub(crate) of_nest: AtomicBool,
    /// A layer inside another one.
    pub(crate) of_stack: AtomicBool,
}

/// Whether browsers that are sent to the auth routes arrive there. A layer on an inner router, or a proxy that keeps the
/// prefix to itself, gives them a 404 that threelo never sees.
#[derive(Default)]
pub(crate) struct Arrivals {
    /// Whether any request has arrived at an auth route.
    has_any: AtomicBool,
    /// How many browsers were sent before that.
    sent: AtomicU32,
}

impl Arrivals {
    /// After how many browsers that did not arrive the log says so.
    const SUSPICIOUS: u32 = 3;

    /// A request has arrived.
    pub(crate) fn note(&self) {
        if !self.has_any.load(Ordering::Relaxed) {
            self.has_any.store(true, Ordering::Relaxed);
        }
    }

    /// A browser is sent to `address`. Warns once, if none that was sent has arrived.
    pub(crate) fn expect(&self, address: &str) {
        if self.has_any.load(Ordering::Relaxed) {
            return;
        }
        if self.sent.fetch_add(1, Ordering::Relaxed) + 1 == Self::SUSPICIOUS {
            let path = address.split('?').next().unwrap_or_default();
            tracing::warn!(
                target: "threelo",
                path,
                "browsers were sent to an auth route, and no request has arrived at any, unless at another instance: the \
                 layer or middleware must be around the whole app, or `auth_routes` must serve the prefix; and a proxy must \
                 pass it on"
            );
        }
    }
}

impl Web {
    /// Takes the ports and the look of an app. Asks [`Pages::style_sources`] once: the policy is
    /// the same for all pages.
    pub(crate) fn new(ports: Arc<Ports>, pages: Arc<dyn Pages>) -> Self {
        let origin = origin_text(&ports.config.public_url);
        let images = match pages.image_sources().as_str() {
            "" => String::new(),
            sources => format!("; img-src {sources}"),
        };
        let framed_policy = format!(
            "default-src 'none'; style-src {}{images}; base-uri 'none'",
            pages.style_sources()
        );
        let policy = format!("{framed_policy}; frame-ancestors 'none'");
        Self {
            ports,
            pages,
            policy,
            framed_policy,
            origin,
            calls: Calls::default(),
            description: OnceLock::new(),
            arrivals: Arrivals::default(),
            warned: Warned::default(),
            turns: Arc::new(Semaphore::new(body::TURNS)),
        }
    }
}
