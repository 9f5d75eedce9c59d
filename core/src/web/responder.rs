//! One request that threelo answers itself, from its head to its reply.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::error::Rejection;
use crate::flow::ResolvedSubject;
use crate::ids::Subject;
use crate::message::{Reply, RequestHead};
use crate::ports::BoxError;
use crate::web::proxy::calls::CallInFlight;
use crate::web::reply::reject;
use crate::web::request::{Request, Route, signed_in};
use crate::web::routes::{self, proxy};
use crate::web::security::{cors, cross_site, is_foreign_read, may_change};
use crate::web::state::Web;

/// How long the body of a form may take to arrive.
const SLOWEST_BODY: Duration = Duration::from_secs(10);
/// How long that of a forwarded call may take.
const SLOWEST_CALL: Duration = Duration::from_secs(60);
/// The most bytes that a JSON or form route reads of a body (docs/attacks.md T200).
const MOST_BODY: usize = 4 * 1024;
/// The slowest upload of a forwarded call that is waited for after that, in bytes a second.
const SLOWEST_UPLOAD: u64 = 256 * 1024;

/// A request that threelo answers itself.
///
/// An adapter takes it through these steps, in this order:
///
/// 1. [`wants_subject`](Self::wants_subject): if so, ask the app who its user is, and pass the
///    answer to [`know_subject`](Self::know_subject);
/// 2. [`admit`](Self::admit): if it gives a reply, that is the answer;
/// 3. [`body_limit`](Self::body_limit), which depends on the subject: read as much of the body, or
///    none, [`in_time`](Self::in_time);
/// 4. [`reply`](Self::reply), or [`too_large`](Self::too_large) or
///    [`broken_body`](Self::broken_body) if the body could not be read.
///
/// The last three give a reply and cannot fail: rejections are rendered here, in the form that the
/// request needs (docs/decisions/0006).
#[derive(Debug)]
#[must_use]
pub struct Responder {
    /// What replies are made with.
    web: Arc<Web>,
    /// The route that the path names; `None` for an unknown path under the prefix, which is a 404.
    route: Option<Route>,
    /// The request; body and subject are added later.
    request: Request,
}

impl Responder {
    /// Keeps what the route may read of the head. Reads no store, so that `Auth::handle` need not
    /// wait.
    pub(crate) fn new(web: Arc<Web>, route: Option<Route>, head: &RequestHead<'_>) -> Self {
        let mut request = Request::of(&web.ports.config, head);
        if route.as_ref().is_some_and(Route::is_page) && head.accepts_page() {
            request.context.show_page();
        }
        web.arrivals.note();
        Self {
            web,
            route,
            request,
        }
    }

    /// Returns how many bytes of the body the route reads; `None` if it reads none.
    ///
    /// The form and JSON routes read 4 KiB. A forwarded call may carry what its
    /// [`Forward`](crate::Forward) allows, but only if the call
    /// is listed, comes with proof of its origin and shows an identity: the bodies of other calls
    /// are not worth reading (docs/attacks.md T200).
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
            Some(Route::Api(call)) if self.request.can_change() => {
                proxy::body_limit(&self.web, &self.request, call)
            }
            _ => None,
        }
    }

    /// Returns whether the app must say who its user is before the reply is made.
    ///
    /// Only in connect mode, and only on routes whose answer depends on the user. The app's
    /// resolver is not called for preflights, for requests of other sites that get the same answer
    /// in any case, for callbacks without a flow cookie (refused in any case), and for pages that
    /// only show what a cookie tells, if that cookie is missing.
    pub fn wants_subject(&self) -> bool {
        let route = self.route.as_ref();
        // Without a flow cookie a callback is refused for every user.
        let context = &self.request.context;
        let is_idle = match route {
            Some(Route::Callback) => context.flows.is_empty(),
            // Without the cookie these pages say nothing about a user.
            Some(Route::Continue | Route::Error | Route::Done) => context.flash.is_none(),
            Some(Route::Script | Route::OpenApi) => true,
            _ => self.request.method == "OPTIONS" || self.is_foreign(),
        };
        self.web.ports.config.mode.is_connect() && !is_idle && route.is_some()
    }

    /// Whether the answer is the same for every visitor, because another site asks: a read or a
    /// change that will be refused, or a navigation that gets the page of
    /// [`cross_site::same_page_for_all`] (docs/attacks.md T127).
    fn is_foreign(&self) -> bool {
        let head = self.request.head();
        let is_refused = match self.request.can_change() {
            false => is_foreign_read(&self.web, &self.request.context, &head),
            true => !may_change(&self.web, &head),
        };
        is_refused || cross_site::is_foreign_navigation(self.route.as_ref(), &self.request)
    }

    /// Takes what the app's resolver says: its user, that no user is signed in, or why it cannot
    /// tell. The failure is logged and becomes 503, never "signed out" (docs/attacks.md T011).
    pub fn know_subject(&mut self, subject: Result<Option<Subject>, BoxError>) {
        self.request.subject = ResolvedSubject::from(subject);
    }

    /// Decides whether the body is worth waiting for: that of a forwarded call is, once the session
    /// exists that the request shows, and if the account has fewer than a hundred calls in flight. A
    /// made-up cookie costs a look-up and no memory (docs/attacks.md T200).
    ///
    /// # Errors
    ///
    /// The reply; the body need not be read.
    pub async fn admit(&mut self) -> Result<(), Reply> {
        if !matches!(self.route, Some(Route::Api(_))) || self.body_limit().is_none() {
            return Ok(());
        }
        match self.begin_call().await {
            Ok(call) => {
                self.request.call = Some(call);
                Ok(())
            }
            Err(rejection) => Err(self.rejected(&rejection)),
        }
    }

    /// Counts the call for the account that is signed in, or for the app's user in connect mode.
    async fn begin_call(&self) -> Result<Arc<CallInFlight>, Rejection> {
        if self.web.ports.config.mode.is_connect() {
            return self
                .web
                .calls
                .begin(self.request.subject.required()?.as_str());
        }
        let session = signed_in(&self.web, &self.request).await?;
        self.web.calls.begin(session.account().as_str())
    }

    /// Awaits the body for as long as it may take: 10 seconds for a form, a minute for a forwarded
    /// call, and longer if it may carry more than 15 MiB. `None` after that: answer with [`broken_body`](Self::broken_body).
    pub async fn in_time<T>(&self, body: impl Future<Output = T>) -> Option<T> {
        let limit = match &self.route {
            Some(Route::Api(_)) => {
                let most = self.body_limit().unwrap_or_default() as u64;
                SLOWEST_CALL.max(Duration::from_secs(most / SLOWEST_UPLOAD))
            }
            _ => SLOWEST_BODY,
        };
        tokio::time::timeout(limit, body).await.ok()
    }

    /// Returns the reply to a body of more bytes than [`body_limit`](Self::body_limit): 413.
    pub fn too_large(&self) -> Reply {
        self.rejected(&Rejection::TooLarge(self.body_limit().unwrap_or(0)))
    }

    /// Returns the reply to a body that could not be read to its end: 400. Nothing was done.
    pub fn broken_body(&self) -> Reply {
        self.rejected(&Rejection::BadRequest("the body did not arrive"))
    }

    /// Renders a rejection for this request.
    fn rejected(&self, rejection: &Rejection) -> Reply {
        let reply = reject(&self.web, rejection, &self.request.context, None);
        self.readable(reply)
    }

    /// Adds what lets a listed origin read the reply, whatever its status (docs/attacks.md T119).
    fn readable(&self, reply: Reply) -> Reply {
        cors::readable(&self.web, self.route.as_ref(), &self.request, reply)
    }

    /// Does the work and makes the reply.
    ///
    /// A preflight is answered first, from the lists alone; everything else goes to its route. The
    /// reply to `HEAD` is the reply to `GET`: the server sends its length and leaves the body out.
    /// Work that must not be lost goes on if the adapter drops this future because the client hung
    /// up (docs/attacks.md T042).
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
