//! Hand-written pages on three sites, and what arrived at them.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use tokio::net::TcpListener;

/// One request that arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The method and the path with its query.
    pub line: String,
    /// The header fields.
    pub headers: HeaderMap,
}

impl Arrived {
    /// A header's text, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or(""))
    }
}

/// A server whose pages a test writes: the same on `localhost`, `127.0.0.1` and `third.localhost`, which are three sites.
#[derive(Clone, Debug)]
pub struct Pages {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    /// Where it listens.
    pub port: u16,
}

impl Pages {
    /// Serves what `answer` makes of a path with its query; `answer` gets the port of this server.
    pub async fn serve(
        answer: impl Fn(&str, u16) -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let pages = Self {
            arrived: Arc::default(),
            port,
        };
        let arrived = Arc::clone(&pages.arrived);
        let app = Router::new().fallback(move |request: Request| {
            let target = request
                .uri()
                .path_and_query()
                .map_or("/", |target| target.as_str())
                .to_owned();
            let line = format!("{} {target}", request.method());
            let seen = Arrived {
                line,
                headers: request.headers().clone(),
            };
            arrived
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(seen);
            let response = answer(&target, port);
            async move { response }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        pages
    }

    /// The address of a path on one of the three sites.
    pub fn on(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    /// How many requests of this method and path arrived.
    pub fn count(&self, line: &str) -> usize {
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived
            .iter()
            .filter(|seen| seen.line.starts_with(line))
            .count()
    }

    /// The last request of this method and path that arrived.
    pub fn last(&self, line: &str) -> Option<Arrived> {
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived
            .iter()
            .rev()
            .find(|seen| seen.line.starts_with(line))
            .cloned()
    }
}
