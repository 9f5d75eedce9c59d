//! The visitor for whom the app makes its own reply.

use std::sync::Arc;

use crate::error::{Rejection, RejectionResponse, Render};
use crate::ids::AccountId;
use crate::web::reply::{recovery_url, reject};
use crate::web::request::Context;
use crate::web::state::Web;

/// A visitor of the app, as far as a reply must know them.
///
/// Made when a handler asks for something that can be rejected. Failures of the rooms below, such
/// as those of API calls, become replies through its [`Render`], so that the app needs no mapping
/// of errors (docs/decisions/0006).
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// What replies are made with.
    pub web: Arc<Web>,
    /// What is known of their request.
    pub context: Arc<Context>,
    /// In connect mode, the account that the failed work was for. Without it a page that asks for
    /// more cannot say of which account.
    pub account: Option<AccountId>,
}

impl Render for Visitor {
    /// Makes the reply that [`reject`] gives, with the address that would solve the problem.
    fn render(&self, rejection: Rejection) -> RejectionResponse {
        let account = self.account.as_ref();
        let rejection = self.context.explain(rejection);
        let reply = reject(&self.web, &rejection, &self.context, account);
        let recovery_url = recovery_url(&self.web, &rejection, &self.context, account);
        RejectionResponse::new(rejection, reply).with_recovery_url(recovery_url)
    }
}
