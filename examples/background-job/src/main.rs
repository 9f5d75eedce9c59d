//! Prints the issues that changed since yesterday, for every account that signed in: `cargo run -p background-job`.
//!
//! Three accounts sign in at the sandbox, and one of them withdraws its consent. The job still serves the others.

mod demo;

use std::error::Error;
use std::io::{Write, stdout};
use std::time::Duration;

use serde::Deserialize;
use threelo::PageRequest;
use threelo::atlassian::RetryPolicy;
use threelo::{AccountId, Auth, Grants};

/// The part of Jira's response that the job needs.
#[derive(Deserialize)]
struct Found {
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    summary: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    // In your app: `Auth::from_env()?`, with the store of your web app.
    let (auth, _sandbox) = demo::three_accounts().await?;
    report(&auth).await?;
    auth.drain(Duration::from_secs(10)).await;
    Ok(())
}

async fn report(auth: &Auth) -> Result<(), Box<dyn Error + Send + Sync>> {
    let grants = auth.grants();
    let mut next = Some(PageRequest::first(100));
    while let Some(page) = next {
        let accounts = grants.list(&page).await?;
        for account in &accounts.ids {
            match changed(&grants, account).await {
                Ok(lines) => writeln!(stdout(), "{account}:\n{lines}")?,
                // One account that must consent again does not stop the others.
                Err(error) => writeln!(stdout(), "{account}: skipped, {error}\n")?,
            }
        }
        next = accounts.next;
    }
    Ok(())
}

/// What changed since yesterday at all sites of an account.
async fn changed(
    grants: &Grants,
    account: &AccountId,
) -> Result<String, Box<dyn Error + Send + Sync>> {
    let grant = grants.of(account).await?;
    let atlassian = grant
        .client()
        .retry(RetryPolicy::up_to(Duration::from_secs(60)));
    let mut lines = String::new();
    for site in grant.sites().await?.iter() {
        let search = atlassian.jira(site).get("/rest/api/3/search/jql");
        let found: Found = search
            .query(&[
                ("jql", "updated >= -1d ORDER BY updated DESC"),
                ("fields", "summary"),
            ])
            .json()
            .await?;
        for Issue { key, fields } in found.issues {
            lines += &format!("  {} {key} {}\n", site.name, fields.summary);
        }
    }
    Ok(lines)
}
