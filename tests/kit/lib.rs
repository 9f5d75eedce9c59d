//! What scenarios are made of: a world (app, sandbox, clock), browsers with cookies of their own, and counting stores.

#![expect(
    clippy::expect_used,
    reason = "a kit for tests: what is not as expected must end the test"
)]

mod app;
mod atlassian;
mod browser;
mod calls;
mod capture;
mod contracts;
mod counting;
mod grants;
mod on_actix;
mod on_axum;
mod operations;
mod process;
mod proxy;
mod scene;
mod store;
mod switch;
mod watched;
mod world;

pub use self::app::{App, subject_of};
pub use self::atlassian::answer;
pub use self::browser::{Browser, Seen};
pub use self::capture::{Captured, capture_logs};
pub use self::contracts::{
    SealedStores, flow_marks_contract, grant_store_contract, sealed, sealed_store_contract,
    session_store_contract,
};
pub use self::counting::CountingSessions;
pub use self::grants::FaultyGrants;
pub use self::on_actix::ActixApp;
pub use self::on_axum::AxumApp;
pub use self::operations::Operation;
pub use self::process::{Instance, Order, Point, Settings, Told};
pub use self::proxy::{Proxy, Wire, host_of, until};
pub use self::scene::{Scene, malformed};
pub use self::store::{is_on_a_database, rounds, rows, rows_as};
pub use self::watched::{Call, Clocked, Watch, WatchedRows};
pub use self::world::{ORIGIN, World, WorldBuilder, instance_of};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
