//! The `Incidents_Application` of Atlassian's FAQ, as far as it has nothing to do with its framework: people sign in to it
//! as users of its own, connect the Jira of their Atlassian account, and file confidential incidents there.

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

/// The settings are environment variables: your app's from the developer console, or the sandbox's. The scopes are those
/// that filing an incident needs.
pub fn settings(sandbox: Option<&Sandbox>) -> ConnectBuilder {
    ConnectBuilder::from_variables(|name| variable(name, sandbox))
        .scopes(["read:jira-work", "write:jira-work"])
        .app_login("/login")
        .pages(PlainPages::new().app_name("Incidents"))
}
