//! Who waits for the answer to a request of the app.

use std::sync::Arc;

use super::{Context, Web, reject};
use crate::error::Rejection;
use crate::message::Reply;

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
    pub(crate) fn reject(&self, rejection: &Rejection) -> Reply {
        reject(&self.web, rejection, &self.context)
    }
}
