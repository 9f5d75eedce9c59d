//! An auth route at work.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::Rejection;
use crate::flow::ResolvedSubject;
use crate::ids::Subject;
use crate::message::{Reply, RequestHead};
use crate::ports::BoxError;
use crate::web::reply::reject;
use crate::web::request::{Request, Route};
use crate::web::routes::{self, proxy};
use crate::web::security::{cors, cross_site, is_foreign_read, may_change};
use crate::web::state::Web;

/// The most that a route reads of a body.
const MOST_BODY: usize = 4 * 1024;
/// The same, of a call that is passed on.
const MOST_CALL: usize = 1024 * 1024;

/// A request that auth answers itself. Read the body if it asks for one, then take the reply.
#[derive(Debug)]
#[must_use]
pub struct Responder {
    web: Arc<Web>,
    route: Option<Route>,
    request: Request,
}

impl Responder {
    pub(crate) fn new(web: Arc<Web>, route: Option<Route>, head: &RequestHead<'_>) -> Self {
        let request = Request::of(&web.ports.config, head);
        Self {
            web,
            route,
            request,
        }
    }

    /// How many bytes of body the route reads; `None` if it reads none.
    pub fn body_limit(&self) -> Option<usize> {
        let method = self.request.method.as_str();
        match &self.route {
            Some(
                Route::Logout
                | Route::Site
                | Route::Connect
                | Route::Disconnect
                | Route::Token
                | Route::Redeem,
            ) if method == "POST" => Some(MOST_BODY),
            Some(Route::Api(call)) if !matches!(method, "GET" | "HEAD" | "OPTIONS") => {
                proxy::may_carry(&self.web, &self.request, call).then_some(MOST_CALL)
            }
            _ => None,
        }
    }

    /// Whether the app must say who its user is, before the reply is taken: connect mode, on routes that depend on it.
    pub fn wants_subject(&self) -> bool {
        let route = self.route.as_ref();
        // A callback without any flow of this browser is refused whoever stands there.
        let context = &self.request.context;
        let is_idle = match route {
            Some(Route::Callback) => context.flows.is_empty(),
            // It says nothing of anybody but what a cookie of ours tells them.
            Some(Route::Error | Route::Done) => context.flash.is_none(),
            Some(Route::Script | Route::OpenApi) => true,
            _ => self.request.method == "OPTIONS" || self.is_foreign(),
        };
        self.web.ports.config.mode.is_connect() && !is_idle && route.is_some()
    }

    /// Whether the answer is the same for everybody, because another site asks.
    fn is_foreign(&self) -> bool {
        let head = self.request.head();
        let is_refused = match head.method {
            "GET" | "HEAD" => is_foreign_read(&self.web, &self.request.context, &head),
            _ => !may_change(&self.web, &head),
        };
        is_refused || cross_site::is(self.route.as_ref(), &self.request)
    }

    /// Takes what the app says: its user, nobody, or that it cannot tell.
    pub fn know_subject(&mut self, subject: Result<Option<Subject>, BoxError>) {
        self.request.subject = ResolvedSubject::from(subject);
    }

    /// The reply to a body of more bytes than that.
    pub fn too_large(&self) -> Reply {
        self.rejected(&Rejection::TooLarge(self.body_limit().unwrap_or(0)))
    }

    /// The reply to a body that did not arrive.
    pub fn broken_body(&self) -> Reply {
        self.rejected(&Rejection::BadRequest("the body did not arrive"))
    }

    fn rejected(&self, rejection: &Rejection) -> Reply {
        let reply = reject(&self.web, rejection, &self.request.context, None);
        self.readable(reply)
    }

    /// With what lets a listed origin read it.
    fn readable(&self, reply: Reply) -> Reply {
        cors::readable(&self.web, self.route.as_ref(), &self.request, reply)
    }

    /// Does the work and gives the reply. Never fails. To `HEAD` it is the reply to `GET`: the server sends its length
    /// and leaves the body out.
    pub async fn reply(mut self, body: Bytes) -> Reply {
        self.request.body = body;
        let route = self.route.as_ref();
        let result = match cors::preflight(&self.web, route, &self.request) {
            Some(answered) => answered,
            None => routes::run(&self.web, route, &self.request).await,
        };
        match result {
            Ok(reply) => self.readable(reply),
            Err(rejection) => self.rejected(&rejection),
        }
    }
}
