//! Browser rules.
