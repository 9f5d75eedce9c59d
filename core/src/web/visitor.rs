//! Who waits for the answer to a request of the app.

use std::sync::Arc;

use super::{Context, Refusal, Web, reject, way_on};
use crate::error::Rejection;

/// A visitor of the app, as far as an answer must know them.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// What answers are made with.
    pub web: Arc<Web>,
    /// What their request was.
    pub context: Arc<Context>,
}

impl Visitor {
    /// A rejection in the form that fits their request.
    pub(crate) fn refuse(&self, rejection: Rejection) -> Refusal {
        let reply = reject(&self.web, &rejection, &self.context);
        let way_on = way_on(&self.web, &rejection, &self.context);
        Refusal::new(rejection, reply).with_way_on(way_on)
    }
}
