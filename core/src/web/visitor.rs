//! Who waits for the answer to a request of the app.

use std::sync::Arc;

use crate::error::{Rejection, RejectionResponse, Render};
use crate::ids::AccountId;
use crate::web::reply::{recovery_url, reject};
use crate::web::request::Context;
use crate::web::state::Web;

/// A visitor of the app, as far as an answer must know them.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// What answers are made with.
    pub web: Arc<Web>,
    /// What their request was.
    pub context: Arc<Context>,
    /// In connect mode, with which of their accounts they work, if that is known.
    pub account: Option<AccountId>,
}

impl Render for Visitor {
    fn render(&self, rejection: Rejection) -> RejectionResponse {
        let account = self.account.as_ref();
        let reply = reject(&self.web, &rejection, &self.context, account);
        let recovery_url = recovery_url(&self.web, &rejection, &self.context, account);
        RejectionResponse::new(rejection, reply).with_recovery_url(recovery_url)
    }
}
