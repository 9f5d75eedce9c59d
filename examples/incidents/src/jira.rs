//! Creates Jira issues for incidents.

use serde::Deserialize;
use serde_json::{Value, json};
use threelo::{ApiClient, ApiError, Site};

use crate::desk::Incident;

/// The parts of Jira's responses that are needed.
#[derive(Deserialize)]
struct Projects {
    values: Vec<Keyed>,
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
}

/// Creates an issue for an incident in the site's first project, and returns its key.
pub(crate) async fn create(
    atlassian: &ApiClient,
    site: &Site,
    incident: &Incident,
) -> Result<String, ApiError> {
    let jira = atlassian.jira(site);
    let projects = jira.get("/rest/api/3/project/search");
    let projects: Projects = projects.query(&[("maxResults", "1")]).json().await?;
    let project = projects.values.first().map_or("", |first| &first.key);
    let fields = json!({
        "project": { "key": project },
        "issuetype": { "name": "Task" },
        "summary": incident.title,
        "description": document(&incident.confidential),
    });
    let issue = jira.post("/rest/api/3/issue");
    let issue = issue.body_json(&json!({ "fields": fields }));
    let issue: Keyed = issue.needs(["write:jira-work"]).json().await?;
    Ok(issue.key)
}

/// Text in Atlassian's document format, which Jira expects.
fn document(text: &str) -> Value {
    let paragraph = json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
    json!({ "type": "doc", "version": 1, "content": [paragraph] })
}
