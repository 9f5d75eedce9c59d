//! The calls to Atlassian that the app under test makes.

use serde_json::{Value, json};
use threelo::{ApiError, Atlassian, Site};

/// How many projects the site has.
pub(crate) async fn count_projects(atlassian: &Atlassian, site: &Site) -> Result<String, ApiError> {
    let search = atlassian.jira(site).get("/rest/api/3/project/search");
    let found: Value = search.json().await?;
    Ok(found["total"].to_string())
}

/// The key of a new issue.
pub(crate) async fn make_issue(atlassian: &Atlassian, site: &Site) -> Result<String, ApiError> {
    let body = json!({ "fields": { "summary": "x", "project": { "key": "AD" } } });
    let made = atlassian
        .jira(site)
        .post("/rest/api/3/issue")
        .needs(["write:jira-work"]);
    let made: Value = made.body_json(&body).json().await?;
    Ok(made["key"].to_string())
}
