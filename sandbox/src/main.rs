//! The sandbox as a program: `threelo-sandbox [--listen 127.0.0.1:9400] [--seed FILE.toml]`.
//!
//! Once it listens, it prints one line of JSON to the standard output: `url`, `client_id`,
//! `client_secret`, and under `environment` the variables that point an app at the sandbox. It
//! serves until Ctrl-C. It ends with an error instead of starting if an option is unknown or has no
//! value, the seed is invalid, or the address cannot be listened on.

use std::error::Error;
use std::io::Write;

use threelo_sandbox::{Sandbox, Seed};

/// The text of the error for an unknown option or a missing value.
const USAGE: &str = "usage: threelo-sandbox [--listen 127.0.0.1:9400] [--seed FILE.toml]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Sandbox::builder().listen("127.0.0.1:9400");
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        builder = match option.as_str() {
            "--listen" => builder.listen(value),
            "--seed" => builder.seed(read_seed(&value)?),
            _ => return Err(USAGE.into()),
        };
    }
    let sandbox = builder.start().await?;
    let line = serde_json::json!({
        "url": sandbox.url(),
        "client_id": sandbox.client_id(),
        "client_secret": sandbox.client_secret(),
        "environment": {
            "ATLASSIAN_AUTH_URL": sandbox.url(),
            "ATLASSIAN_API_URL": sandbox.url(),
            "ATLASSIAN_CLIENT_ID": sandbox.client_id(),
            "ATLASSIAN_CLIENT_SECRET": sandbox.client_secret(),
        },
    });
    writeln!(std::io::stdout(), "{line}")?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Reads and checks a seed file; an error starts with the path.
fn read_seed(path: &str) -> Result<Seed, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(Seed::parse(&text).map_err(|error| format!("{path}: {error}"))?)
}
