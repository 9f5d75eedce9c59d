//! Calls that are passed on to Atlassian: what is passed, and by whom.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Response};

use crate::error::Rejection;
use crate::flow::{Holder, Ports};
use crate::http_client::Chunks;
use crate::site::Site;

/// A call of a browser's script, judged.
pub(crate) struct Call {
    pub(crate) holder: Holder,
    pub(crate) product: String,
    pub(crate) site: Site,
    pub(crate) method: Method,
    /// Not yet known to stay below its base.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// Makes such calls; the client for Atlassian's APIs does, which stands above this floor.
#[async_trait]
pub(crate) trait Forwarder: Send + Sync {
    /// The answer, whatever its status, but no redirect.
    async fn forward(
        &self,
        ports: &Arc<Ports>,
        call: Call,
    ) -> Result<Response<Box<dyn Chunks>>, Rejection>;
}
