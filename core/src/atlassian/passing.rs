//! Calls of browsers' scripts, passed on.

use std::sync::Arc;

use async_trait::async_trait;
use http::Response;

use super::Atlassian;
use crate::error::{ApiErrorKind, Rejection};
use crate::flow::Ports;
use crate::http_client::Chunks;
use crate::web::{Call, Forwarder};

/// The client for Atlassian's APIs as what passes calls on.
pub(crate) struct Passing;

#[async_trait]
impl Forwarder for Passing {
    async fn forward(
        &self,
        ports: &Arc<Ports>,
        call: Call,
    ) -> Result<Response<Box<dyn Chunks>>, Rejection> {
        let client = Atlassian::new(Arc::clone(ports), call.holder, None);
        let api = client.product(&call.product, &call.site);
        let mut request = api
            .request(call.method, &call.path)
            .written_query(call.query);
        for (name, value) in &call.fields {
            request = request.header(name, value);
        }
        if let Some(fault) = request.fault() {
            return Err(Rejection::BadRequest(fault));
        }
        let answer = request.carrying(call.body).response().await;
        let answer = answer.map_err(|error| Rejection::from(error.into_kind()))?;
        let status = answer.status();
        if status.is_redirection() {
            tracing::warn!(target: "threelo", %status, "a redirect of Atlassian was not passed on");
            return Err(Rejection::Api(ApiErrorKind::Refused { status }));
        }
        Ok(answer.into_parts())
    }
}
