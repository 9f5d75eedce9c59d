//! What every reply is made with.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::environment::origin_text;
use crate::pages::Pages;
use crate::ports::Ports;
use crate::secret::opaque_debug;
use crate::web::proxy::body;

/// What every answer is made with.
pub(crate) struct Web {
    /// The decisions' ports.
    pub ports: Arc<Ports>,
    pub(crate) pages: Arc<dyn Pages>,
    pub(crate) policy: String,
    pub(crate) origin: String,
    /// The long answers that move just now.
    pub(crate) turns: Arc<Semaphore>,
}

opaque_debug!(Web);

impl Web {
    /// Puts decisions and looks together.
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
            turns: Arc::new(Semaphore::new(body::TURNS)),
        }
    }
}
