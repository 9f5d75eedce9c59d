//! Where the settings come from: the environment, and for a first look the sandbox.

use std::env;
use std::error::Error;

use threelo::AuthBuilder;
use threelo_sandbox::Sandbox;

/// The settings are environment variables: your app's from the developer console, or the sandbox's.
pub fn of(sandbox: Option<&Sandbox>) -> AuthBuilder {
    AuthBuilder::from_variables(|name| variable(name, sandbox))
}

/// A variable of the environment, or what it is for a first look.
pub fn variable(name: &str, sandbox: Option<&Sandbox>) -> Option<String> {
    env::var(name).ok().or_else(|| default(name, sandbox))
}

fn default(name: &str, sandbox: Option<&Sandbox>) -> Option<String> {
    let value = match name {
        "PUBLIC_URL" => "http://localhost:3000",
        "ATLASSIAN_SCOPES" => "read:jira-work read:jira-user",
        "ATLASSIAN_CLIENT_ID" => sandbox?.client_id(),
        "ATLASSIAN_CLIENT_SECRET" => sandbox?.client_secret(),
        "ATLASSIAN_AUTH_URL" | "ATLASSIAN_API_URL" => sandbox?.url(),
        _ => return None,
    };
    Some(value.to_owned())
}

/// Without an app of your own at Atlassian, a local stand-in runs in this process.
///
/// # Errors
///
/// That of the sandbox, if it cannot listen.
pub async fn sandbox_unless_configured() -> Result<Option<Sandbox>, Box<dyn Error>> {
    if env::var_os("ATLASSIAN_CLIENT_ID").is_some() {
        return Ok(None);
    }
    let sandbox = Sandbox::builder().start().await?;
    tracing::info!(
        "no ATLASSIAN_CLIENT_ID: using a sandbox at {}",
        sandbox.url()
    );
    Ok(Some(sandbox))
}

/// One variable, or its default.
pub fn one(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
