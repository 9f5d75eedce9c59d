//! What scenarios are made of: a world (app, sandbox, clock), browsers with cookies of their own, and counting stores.

#![expect(
    clippy::expect_used,
    reason = "a kit for tests: what is not as expected must end the test"
)]

mod app;
mod browser;
mod capture;
mod counting;
mod grants;
mod world;

pub use self::app::{App, AxumApp};
pub use self::browser::{Browser, Seen};
pub use self::capture::{Captured, capture_logs};
pub use self::counting::CountingSessions;
pub use self::grants::FaultyGrants;
pub use self::world::{ORIGIN, World, WorldBuilder, routes};
