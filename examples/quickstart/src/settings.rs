//! Settings from the environment, with defaults for a first run against the sandbox.

use std::env;
use std::error::Error;

use threelo::AuthBuilder;
use threelo_sandbox::Sandbox;

/// Reads the settings from environment variables. Without them, those of the sandbox apply.
pub fn of(sandbox: Option<&Sandbox>) -> AuthBuilder {
    AuthBuilder::from_variables(|name| variable(name, sandbox))
}

/// An environment variable, or its default for a first run.
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

/// Starts a sandbox in this process, unless `ATLASSIAN_CLIENT_ID` names an app at Atlassian.
///
/// # Errors
///
/// If the sandbox cannot listen.
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

/// What to tell whoever starts the app, if it cannot listen: usually another program uses the port.
pub fn cannot_listen(variable: &str, address: &str, error: &std::io::Error) -> String {
    format!(
        "cannot listen on {address}: {error}. Set {variable} to another address, and PUBLIC_URL to match"
    )
}

/// One variable, or its default.
pub fn one(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
