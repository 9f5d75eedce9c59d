//! The `Incidents_Application` of Atlassian's FAQ without its web framework. Users sign in with accounts of the app, connect
//! the Jira of their Atlassian account, and file confidential incidents there.

mod desk;
mod jira;
mod pages;
mod users;

pub use self::desk::Desk;
pub use self::users::{LoginPage, SignIn};

use quickstart::settings::variable;
use threelo::ConnectBuilder;
use threelo::pages::PlainPages;
use threelo_sandbox::Sandbox;

/// Reads the settings from environment variables; without them, those of the sandbox apply. The scopes are those that
/// filing an incident needs.
pub fn settings(sandbox: Option<&Sandbox>) -> ConnectBuilder {
    ConnectBuilder::from_variables(|name| variable(name, sandbox))
        .scopes(["read:jira-work", "write:jira-work"])
        .app_login("/login")
        .pages(PlainPages::new().app_name("Incidents"))
}
