//! The app under test in actix-web.

use std::future::Future;
use std::rc::Rc;
use std::thread;

use actix_web::body::{self, MessageBody};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App as Server, Error, HttpRequest, HttpResponse, HttpServer, rt};
use bytes::Bytes;
use http::{Request, Response};
use threelo::{Auth, Connect};
use threelo_actix::{
    Atlassian, AuthMiddleware, AuthRejection, ConnectMiddleware, Connections, CurrentProfile,
    CurrentSession, CurrentSite, CurrentUser, Login, MaybeUser, auth_routes, require_login,
    require_scopes, require_site, same_origin,
};
use tokio::sync::{mpsc, oneshot};

use crate::app::{App, CACHED, subject_of};

/// Serves what a factory makes on a free port, on a thread of its own. The type of an app cannot be named.
macro_rules! listening {
    ($app:ident) => {{
        let (send, bound) = oneshot::channel();
        thread::spawn(move || {
            rt::System::new().block_on(async move {
                let server = HttpServer::new($app).workers(2).disable_signals();
                let server = server.bind(("127.0.0.1", 0)).expect("a free port");
                let _ = send.send(server.addrs()[0].port());
                server.run().await
            })
        });
        bound.await.expect("the server listens")
    }};
}

fn connecting(connect: &Connect) -> ConnectMiddleware {
    ConnectMiddleware::new(connect.clone(), |request: &HttpRequest| {
        let cookies = request.headers().get("cookie");
        std::future::ready(subject_of(cookies.and_then(|value| value.to_str().ok())))
    })
}

/// An actix-web app on a thread of its own, as on a worker; it ends with the last clone.
#[derive(Clone, Debug)]
pub struct ActixApp(mpsc::UnboundedSender<Call>);

#[derive(Debug)]
struct Call {
    request: Request<Bytes>,
    answer: oneshot::Sender<Response<Bytes>>,
}

impl App for ActixApp {
    const REMEDY: &'static str = ".wrap(AuthMiddleware::new(auth.clone()))";

    fn new(auth: &Auth) -> Self {
        let auth = AuthMiddleware::new(auth.clone());
        Self::serve(|| init_service(Server::new().wrap(auth).configure(routes)))
    }

    fn new_twice(auth: &Auth) -> Self {
        let (inner, outer) = (
            AuthMiddleware::new(auth.clone()),
            AuthMiddleware::new(auth.clone()),
        );
        Self::serve(|| init_service(Server::new().wrap(inner).wrap(outer).configure(routes)))
    }

    fn without_auth() -> Self {
        Self::serve(|| init_service(Server::new().configure(routes)))
    }

    fn for_users_only(auth: &Auth) -> Self {
        let auth = AuthMiddleware::new(auth.clone());
        let closed = async |_: CurrentUser| "";
        Self::serve(move || init_service(Server::new().wrap(auth).default_service(web::to(closed))))
    }

    fn under_tool(auth: &Auth) -> Self {
        let auth = AuthMiddleware::new(auth.clone());
        let scope = || web::scope("/tool").wrap(auth).configure(routes);
        Self::serve(move || init_service(Server::new().service(scope())))
    }

    fn under_app(auth: &Auth, has_routes: bool) -> Self {
        let auth = auth.clone();
        Self::serve(move || {
            let inner = AuthMiddleware::new(auth.clone());
            let inner = web::scope("/app").wrap(inner).configure(routes);
            let app = match has_routes {
                true => Server::new().service(auth_routes(&auth)),
                false => Server::new(),
            };
            init_service(app.service(inner))
        })
    }

    fn connecting(connect: &Connect) -> Self {
        let connect = connecting(connect);
        Self::serve(|| init_service(Server::new().wrap(connect).configure(connect_routes)))
    }

    async fn listen(auth: &Auth) -> u16 {
        let auth = AuthMiddleware::new(auth.clone());
        let app = move || Server::new().wrap(auth.clone()).configure(routes);
        listening!(app)
    }

    async fn listen_connecting(connect: &Connect) -> u16 {
        let connect = connecting(connect);
        let app = move || {
            let app = Server::new().wrap(connect.clone());
            app.configure(connect_routes)
        };
        listening!(app)
    }

    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(Call { request, answer })
            .expect("the app's thread runs");
        answered.await.expect("the app answers")
    }
}

impl ActixApp {
    /// Serves what `make` makes, on a new thread.
    pub fn serve<S, B, F>(make: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = S>,
        S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error> + 'static,
        B: MessageBody + 'static,
    {
        let (calls, mut inbox) = mpsc::unbounded_channel();
        thread::spawn(move || {
            rt::System::new().block_on(async move {
                let service = Rc::new(make().await);
                while let Some(call) = inbox.recv().await {
                    rt::spawn(answer(Rc::clone(&service), call));
                }
            });
        });
        Self(calls)
    }
}

/// Answers a call, unless the caller hangs up first.
async fn answer<S, B>(service: Rc<S>, call: Call)
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let Call {
        request,
        mut answer,
    } = call;
    let response = tokio::select! {
        response = respond(&*service, request) => response,
        () = answer.closed() => return,
    };
    // The caller may have hung up in this moment.
    let _ = answer.send(response);
}

async fn respond<S, B>(service: &S, request: Request<Bytes>) -> Response<Bytes>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let (parts, body) = request.into_parts();
    let method = Method::from_bytes(parts.method.as_str().as_bytes()).expect("a method");
    let mut request = TestRequest::with_uri(&parts.uri.to_string()).method(method);
    for (name, value) in &parts.headers {
        request = request.append_header((name.as_str(), value.as_bytes()));
    }
    let response = match service.call(request.set_payload(body).to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let mut neutral = Response::builder().status(response.status().as_u16());
    for (name, value) in response.headers() {
        neutral = neutral.header(name.as_str(), value.as_bytes());
    }
    let body = body::to_bytes(response.into_body()).await;
    neutral.body(body.unwrap_or_default()).expect("a response")
}

/// The routes that scenarios use.
pub(crate) fn routes(app: &mut ServiceConfig) {
    let guarded = |path: &str| web::resource(path.to_owned()).get(async || "in");
    app.service(guarded("/login-only").wrap(require_login()))
        .service(guarded("/site-only").wrap(require_site()))
        .service(guarded("/writers").wrap(require_scopes(["write:jira-work"])))
        .service(
            web::resource("/own-pages")
                .post(async || "in")
                .get(async || "in")
                .wrap(same_origin()),
        )
        .route("/", web::get().to(home))
        .route("/public", web::get().to(async || "public"))
        .route("/user", web::get().to(user))
        .route("/profile", web::get().to(profile))
        .service(
            web::resource("/board")
                .get(board)
                .post(async |_: CurrentUser| ""),
        )
        .route("/bye", web::get().to(bye))
        .route("/bye-everywhere", web::get().to(bye_everywhere))
        .route("/my-sessions", web::get().to(my_sessions))
        .service(web::resource("/myself").get(myself).post(write))
        .route("/start", web::get().to(start))
        .route("/start", web::post().to(start))
        .route("/start-with-too-much", web::get().to(start_with_too_much))
        .route("/start-with-much", web::get().to(start_with_much));
}

fn connect_routes(app: &mut ServiceConfig) {
    let guarded = |path: &str| web::resource(path.to_owned()).get(async || "in");
    app.service(guarded("/login-only").wrap(require_login()))
        .service(guarded("/writers").wrap(require_scopes(["write:jira-work"])))
        .route("/public", web::get().to(async || "public"))
        .route("/connections", web::get().to(connections))
        .route("/board", web::get().to(board))
        .service(web::resource("/myself").get(myself).post(write))
        .route("/of", web::get().to(of))
        .route("/start", web::to(start_connect))
        .route("/start-unasked", web::to(start))
        .route("/user", web::get().to(user));
}

async fn connections(connections: Connections) -> String {
    crate::calls::names(&connections)
}

async fn of(connections: Connections, request: HttpRequest) -> Result<String, AuthRejection> {
    let query = request.uri().query();
    Ok(crate::calls::count_of(&connections, query).await?)
}

async fn start_connect(_: Connections) -> Login {
    Login::new().return_to("/public").details(&"ticket 17")
}

async fn home(user: MaybeUser) -> String {
    user.as_ref()
        .map_or("stranger".to_owned(), |user| user.name().to_owned())
}

async fn user(user: CurrentUser) -> String {
    user.name().to_owned()
}

async fn profile(profile: CurrentProfile) -> String {
    serde_json::to_string(&*profile).unwrap_or_default()
}

async fn board(site: CurrentSite) -> String {
    site.name.to_string()
}

/// Says what caches may do with the reply, as if the page were the same for everybody.
async fn bye(session: CurrentSession) -> Result<HttpResponse, AuthRejection> {
    session.sign_out().await?;
    let mut response = HttpResponse::Ok();
    for name in CACHED {
        response.insert_header((name, "max-age=60"));
    }
    Ok(response.body("bye"))
}

async fn bye_everywhere(session: CurrentSession) -> Result<&'static str, AuthRejection> {
    session.sign_out_everywhere().await?;
    Ok("bye")
}

async fn my_sessions(
    session: CurrentSession,
    request: HttpRequest,
) -> Result<String, AuthRejection> {
    Ok(crate::calls::sessions(&session, request.uri().query()).await?)
}

/// A call that the configured scopes allow.
async fn myself(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
    Ok(crate::calls::count_projects(&atlassian, &site).await?)
}

/// A call that needs an optional scope.
async fn write(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
    Ok(crate::calls::make_issue(&atlassian, &site).await?)
}

async fn start() -> Login {
    Login::new().details(&"ticket 17")
}

async fn start_with_too_much() -> Login {
    Login::new().details(&"x".repeat(1500))
}

async fn start_with_much() -> Login {
    let long = format!("/{}", "x".repeat(2000));
    Login::new().details(&"x".repeat(1200)).return_to(long)
}
