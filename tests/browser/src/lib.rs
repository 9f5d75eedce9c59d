//! Chromium, driven: what the browser tests are made of.

#![expect(
    clippy::expect_used,
    reason = "a kit for tests: what is not as expected must end the test"
)]

mod album;
mod app;
mod chrome;
mod sites;
mod tls;

pub use self::album::Album;
pub use self::app::QuickStart;
pub use self::chrome::{Chrome, Look};
pub use self::sites::{Arrived, Pages};
pub use self::tls::TlsFront;

use std::net::TcpListener;

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
