//! The calls to Atlassian that the app under test makes.

use serde_json::{Value, json};
use threelo::{
    AccountId, ApiClient, ApiError, ConnectedAccount, ConnectedAccounts, RejectionResponse, Site,
    UserSession,
};

/// How many projects the site has.
pub(crate) async fn count_projects(atlassian: &ApiClient, site: &Site) -> Result<String, ApiError> {
    let search = atlassian.jira(site).get("/rest/api/3/project/search");
    let found: Value = search.json().await?;
    Ok(found["total"].to_string())
}

/// The key of a new issue.
pub(crate) async fn make_issue(atlassian: &ApiClient, site: &Site) -> Result<String, ApiError> {
    let project = match &*site.name {
        "Aurora Design" => "AD",
        "Borealis Lab" => "LAB",
        _ => "HELP",
    };
    let body = json!({ "fields": { "summary": "x", "project": { "key": project } } });
    let made = atlassian
        .jira(site)
        .post("/rest/api/3/issue")
        .needs(["write:jira-work"]);
    let made: Value = made.body_json(&body).json().await?;
    Ok(made["key"].to_string())
}

/// The names of the connected accounts, a line each.
pub(crate) fn names(connections: &ConnectedAccounts) -> String {
    let names: Vec<&str> = connections.iter().map(ConnectedAccount::name).collect();
    names.join("\n")
}

/// A call for the account that `account=` of the query names, at its first site.
pub(crate) async fn count_of(
    connections: &ConnectedAccounts,
    query: Option<&str>,
) -> Result<String, ApiError> {
    let account = query.and_then(|query| query.strip_prefix("account="));
    let account = account.and_then(|id| AccountId::parse(id).ok());
    let connection = account.and_then(|id| connections.of(&id));
    let connection = connection.expect("the account is connected");
    let sites = connection.sites().await.expect("the sites are known");
    count_projects(&connection.atlassian(), &sites[0]).await
}

/// The handles of the account's sessions; or whether there was one that `end=` of the query names.
pub(crate) async fn sessions(
    session: &UserSession,
    query: Option<&str>,
) -> Result<String, RejectionResponse> {
    if let Some(handle) = query.and_then(|query| query.strip_prefix("end=")) {
        return Ok(session.end(handle).await?.to_string());
    }
    let sessions = session.all().await?;
    let handles: Vec<String> = sessions.iter().map(|session| session.handle()).collect();
    Ok(handles.join("\n"))
}
