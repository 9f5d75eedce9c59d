//! What the quick starts share, without a web framework.

pub mod database;
pub mod pages;
pub mod settings;
