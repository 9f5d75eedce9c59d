//! Atlassian sign-in as a tower layer.
