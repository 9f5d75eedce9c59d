//! What the quick starts have in common, whatever their framework is.

pub mod database;
pub mod pages;
pub mod settings;
