//! What Atlassian's endpoints ask and answer: pairs of pure functions.

pub mod authorization;
pub mod profile;
pub mod site;
pub mod token;
