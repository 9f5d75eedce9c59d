//! A wire between an app and its database, which can be cut, and counts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests choose one")]
pub enum Wire {
    /// It carries.
    Whole,
    /// Its connections are closed, and so are new ones.
    Cut,
    /// It takes everything and delivers nothing.
    Silent,
    /// The connections of before are silent for ever, as those to a machine that is gone; new ones work.
    Lost,
}

/// A proxy of TCP.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    wire: watch::Sender<Wire>,
    trips: Arc<AtomicUsize>,
}

/// One connection's two directions.
#[derive(Clone)]
struct Line {
    wire: watch::Receiver<Wire>,
    trips: Arc<AtomicUsize>,
    /// Whether the last that was said was an answer.
    was_answered: Arc<AtomicBool>,
    /// Whether the last question was a mere `Sync`.
    was_sync: Arc<AtomicBool>,
}

impl Proxy {
    /// A wire to `upstream`, such as `127.0.0.1:6379`, as long as the test's runtime lives.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub async fn to(upstream: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (wire, watched) = watch::channel(Wire::Whole);
        let trips = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&trips);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = Line {
                    wire: watched.clone(),
                    trips: Arc::clone(&counter),
                    was_answered: Arc::new(AtomicBool::new(true)),
                    was_sync: Arc::new(AtomicBool::new(false)),
                };
                tokio::spawn(connect(line, client, upstream.clone()));
            }
        });
        Self {
            address,
            wire,
            trips,
        }
    }

    /// An address of the database, with the wire's host and port in place of its own.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").expect("an address");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let user = host.split_once('@').map_or("", |(user, _)| user);
        let at = if user.is_empty() { "" } else { "@" };
        format!("{scheme}://{user}{at}{}/{path}", self.address)
    }

    /// Changes what the wire does.
    pub fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }

    /// How often a question followed an answer. Postgres' `Sync` by itself, with which a pool checks a connection that is
    /// returned and for which no caller waits, does not count; a second one is the check before the connection is used.
    pub fn trips(&self) -> usize {
        self.trips.load(Ordering::SeqCst)
    }
}

/// The host and port of a database's address.
pub fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.to_owned()
}

async fn connect(line: Line, client: TcpStream, upstream: String) {
    let mut wire = line.wire.clone();
    let is_whole = matches!(*wire.borrow(), Wire::Whole | Wire::Lost);
    let Some(server) = (match is_whole {
        true => TcpStream::connect(upstream).await.ok(),
        false => None,
    }) else {
        // Silence keeps the connection; a cut ends it.
        let _ = wire.wait_for(|wire| *wire != Wire::Silent).await;
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let cut = async {
        let _ = wire.wait_for(|wire| *wire == Wire::Cut).await;
    };
    let mut wire = line.wire.clone();
    let is_new = *wire.borrow() == Wire::Lost;
    let lost = async {
        let _ = wire.wait_for(|wire| *wire == Wire::Lost && !is_new).await;
    };
    let carrying = async {
        tokio::select! {
            () = carry(line.clone(), from_client, to_server, true) => {}
            () = carry(line.clone(), from_server, to_client, false) => {}
        }
    };
    tokio::pin!(carrying);
    tokio::select! {
        () = &mut carrying => {}
        () = cut => {}
        // Its sockets stay open.
        () = lost => std::future::pending().await,
    }
}

async fn carry(line: Line, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, asks: bool) {
    const SYNC: &[u8] = &[b'S', 0, 0, 0, 4];
    let mut bytes = vec![0; 64 * 1024];
    let mut wire = line.wire.clone();
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if !asks {
            line.was_answered.store(true, Ordering::SeqCst);
        } else {
            let is_sync = bytes[..count] == *SYNC;
            let is_look_back = is_sync && !line.was_sync.swap(is_sync, Ordering::SeqCst);
            line.was_sync.store(is_sync, Ordering::SeqCst);
            if !is_look_back && line.was_answered.swap(false, Ordering::SeqCst) {
                line.trips.fetch_add(1, Ordering::SeqCst);
            }
        }
        let wire = wire.wait_for(|wire| *wire != Wire::Silent).await;
        // What comes after the cut does not pass, even if this task hears of it late.
        if wire.is_ok_and(|wire| *wire == Wire::Cut) {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// Waits until something is so.
///
/// # Panics
///
/// If it is not within `longest`.
pub async fn until(what: &str, longest: Duration, is_so: impl AsyncFn() -> bool) {
    let began = tokio::time::Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < longest, "{what}: not within {longest:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
