//! What a request costs: bare axum, an empty layer, the floor and threelo, side by side in one process.

pub mod alloc;
pub mod apps;
pub mod callgrind;
pub mod floor;
pub mod loopback;
pub mod measure;
pub mod memory;
pub mod refresh;
pub mod report;
pub mod sessions;
pub mod visit;
pub mod wrk;
