//! For every user of the app, the open issues of the Atlassian accounts that they connected: `cargo run -p connect-job`.
//!
//! Two users connect accounts at the sandbox, and one has withdrawn the consent since: the other is served all the same.

mod demo;

use std::error::Error;
use std::io::{Write, stdout};
use std::time::Duration;

use serde::Deserialize;
use threelo::{Connect, Grant, Subject};

/// As much of Jira's answer as is needed.
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
    // Yours is `Connect::from_env()?` over the store that your web app fills.
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
            // One account that must consent again stops nobody else.
            Err(error) => writeln!(stdout(), "{user}, as {who}: skipped, {error}\n")?,
        }
    }
    Ok(())
}

/// What is open for an account, at all its sites.
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
