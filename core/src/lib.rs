//! Atlassian sign-in for any web framework.
