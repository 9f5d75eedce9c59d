//! Prints the open issues of every user's connected Atlassian accounts: `cargo run -p connect-job`.
//!
//! Two users connect accounts at the sandbox, and one of them withdraws the consent. The job still serves the other.

mod demo;

use std::error::Error;
use std::io::{Write, stdout};
use std::time::Duration;

use serde::Deserialize;
use threelo::{Connect, Grant, Subject};

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
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "statusCategory")]
    category: Category,
}

#[derive(Deserialize)]
struct Category {
    key: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    // In your app: `Connect::from_env()?`, with the store of your web app.
    let (connect, _sandbox) = demo::two_links().await?;
    for user in demo::users() {
        report(&connect, &Subject::parse(user)?).await?;
    }
    connect.drain(Duration::from_secs(10)).await;
    Ok(())
}

async fn report(connect: &Connect, user: &Subject) -> Result<(), Box<dyn Error + Send + Sync>> {
    for grant in connect.grants().of_subject(user).await? {
        let who = grant
            .profile()
            .map_or("?", |profile| profile.display_name());
        match open_issues(&grant).await {
            Ok(lines) => writeln!(stdout(), "{user}, as {who}:\n{lines}")?,
            // One account that must consent again does not stop the others.
            Err(error) => writeln!(stdout(), "{user}, as {who}: skipped, {error}\n")?,
        }
    }
    Ok(())
}

/// The open issues of an account at all its sites.
async fn open_issues(grant: &Grant) -> Result<String, Box<dyn Error + Send + Sync>> {
    let atlassian = grant.client();
    let mut lines = String::new();
    for site in grant.sites().await?.iter() {
        let search = atlassian.jira(site).get("/rest/api/3/search/jql");
        let jql = "assignee = currentUser() ORDER BY updated DESC";
        let query = [("jql", jql), ("fields", "summary,status")];
        let found: Found = search.query(&query).json().await?;
        let is_open = |issue: &Issue| issue.fields.status.category.key != "done";
        for Issue { key, fields } in found.issues.into_iter().filter(is_open) {
            lines += &format!("  {} {key} {}\n", site.name, fields.summary);
        }
    }
    Ok(lines)
}
