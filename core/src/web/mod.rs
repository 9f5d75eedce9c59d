//! The routes under the prefix, the form of every answer, and the pages.

mod answer;
mod context;
mod cors;
mod credential;
mod forward;
mod json;
pub mod pages;
mod refusal;
mod reject;
mod route;
mod routes;
mod same_origin;
mod seen;
mod shell;
mod streamed;
mod visitor;
mod watched;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

pub use self::answer::Answer;
pub use self::refusal::Refusal;

pub(crate) use self::context::Context;
pub(crate) use self::credential::Credential;
pub(crate) use self::forward::{Call, Forwarder};
pub(crate) use self::reject::{reject, way_on, without_visitor};
pub(crate) use self::route::{Found, find};
pub(crate) use self::same_origin::may_change;
pub(crate) use self::seen::Seen;
pub(crate) use self::shell::{start_login, to_button};
pub(crate) use self::visitor::Visitor;

use self::pages::Pages;
use crate::environment::origin_text;
use crate::flow::Ports;

/// What every answer is made with.
pub(crate) struct Web {
    /// The decisions' ports.
    pub ports: Arc<Ports>,
    pages: Arc<dyn Pages>,
    policy: String,
    origin: String,
    forwarder: Arc<dyn Forwarder>,
    /// The long answers that move just now.
    turns: Arc<Semaphore>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web")
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

impl Web {
    /// Puts decisions and looks together.
    pub(crate) fn new(
        ports: Arc<Ports>,
        pages: Arc<dyn Pages>,
        forwarder: Arc<dyn Forwarder>,
    ) -> Self {
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
            forwarder,
            turns: Arc::new(Semaphore::new(streamed::TURNS)),
        }
    }
}
