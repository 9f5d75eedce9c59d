//! A local Atlassian.
