//! Jira's REST API, version 3: the user, a search, projects, and new issues.

use http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use crate::products::call::{Admitted, CallResult, refusal};
use crate::products::issues;
use crate::products::jql::Filter;
use crate::response::json_response;
use crate::state::State;
use crate::state::issue::Issue;
use crate::state::seed::SeedUser;
use crate::time::jira_time;

/// Answers a call to Jira; 404 for any other operation.
pub(super) fn answer(state: &mut State, call: &Admitted<'_>) -> CallResult {
    match (call.method, call.path) {
        ("GET", "/rest/api/3/myself") => myself(state, call),
        ("GET", "/rest/api/3/search/jql") => search(state, call),
        ("GET", "/rest/api/3/project/search") => projects(call),
        ("POST", "/rest/api/3/issue") => create(state, call),
        ("GET", path) if path.starts_with(CONTENT) => content(call),
        _ => Err(refusal(404, "No message available")),
    }
}

/// Below it are the contents of attachments.
const CONTENT: &str = "/rest/api/3/attachment/content/";

/// `GET /rest/api/3/attachment/content/{id}`, requires `read:jira-work`: 303 to the content, with a token of its own, or the
/// content itself with `redirect=false`.
fn content(call: &Admitted<'_>) -> CallResult {
    call.may("read:jira-work")?;
    let id = call.path.trim_start_matches(CONTENT);
    if call.parameter("redirect") == "false" {
        return Ok(file(id));
    }
    let mut response = json_response(303, &Value::Null);
    let location = format!("{}/file/{id}/binary?token=of-the-file", call.own_url);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// `GET /file/{id}/binary`, as the media host serves it: 400 for a request with an access token, which must not come here.
pub(crate) fn file_of(path: &str, bearer: Option<&str>) -> Response<String> {
    match bearer {
        Some(_token) => json_response(400, &json!({ "message": "no access token, please" })),
        None => file(path.split('/').nth(2).unwrap_or_default()),
    }
}

fn file(id: &str) -> Response<String> {
    let mut response = Response::new(format!("the content of {id}"));
    let kind = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// `GET /rest/api/3/myself`, requires `read:jira-user`: the user of the token.
fn myself(state: &State, call: &Admitted<'_>) -> CallResult {
    call.may("read:jira-user")?;
    let user = state.seed.user(&call.user);
    let user = user.ok_or_else(|| refusal(404, "The user does not exist."))?;
    let detail = |name: &str| user.profile.get(name).cloned().unwrap_or(Value::Null);
    Ok(json_response(
        200,
        &json!({
            "accountId": user.account_id(),
            "accountType": "atlassian",
            "active": true,
            "displayName": user.name(),
            "emailAddress": detail("email"),
            "avatarUrls": { "48x48": detail("picture") },
            "timeZone": detail("zoneinfo"),
            "locale": detail("locale"),
        }),
    ))
}

/// `GET /rest/api/3/search/jql`, requires `read:jira-work`: a page of the issues that the `jql`
/// finds, the newest first.
///
/// `maxResults` is 50 unless set and at most 100; `nextPageToken` continues where the last page
/// ended. 400 if the query is not understood.
fn search(state: &State, call: &Admitted<'_>) -> CallResult {
    call.may("read:jira-work")?;
    let filter = Filter {
        jql: call.parameter("jql"),
        user: &call.user,
        now: state.clock.now(),
    };
    let found = filter.apply(issues::issues(state, &call.site));
    let found = found.map_err(|why| refusal(400, &why))?;
    let start = call.number("nextPageToken", 0);
    let end = (start + call.number("maxResults", 50).clamp(1, 100)).min(found.len());
    let page = found.get(start..end).unwrap_or_default();
    let mut body = json!({
        "issues": page.iter().map(|issue| as_json(state, call, issue)).collect::<Vec<_>>(),
        "isLast": end == found.len(),
    });
    if end < found.len() {
        body["nextPageToken"] = Value::from(end.to_string());
    }
    Ok(json_response(200, &body))
}

/// An issue as Jira shows it, with the fields that the sandbox knows.
fn as_json(state: &State, call: &Admitted<'_>, issue: &Issue) -> Value {
    let assignee = issue
        .assignee
        .as_deref()
        .and_then(|key| state.seed.user(key));
    let person =
        |user: &SeedUser| json!({ "accountId": user.account_id(), "displayName": user.name() });
    json!({
        "id": issue.id.to_string(),
        "key": issue.key,
        "self": format!("https://api.atlassian.com/ex/jira/{}/rest/api/3/issue/{}", call.site.id, issue.id),
        "fields": {
            "summary": issue.summary,
            "status": { "name": issue.status.name, "statusCategory": { "key": issue.status.category } },
            "assignee": assignee.map(person),
            "priority": { "name": issue.priority },
            "project": { "key": issue.project.key, "name": issue.project.name },
            "updated": jira_time(issue.updated),
        },
    })
}

/// `GET /rest/api/3/project/search`, requires `read:jira-work`: a page of the site's projects, by
/// `startAt` and `maxResults`.
fn projects(call: &Admitted<'_>) -> CallResult {
    call.may("read:jira-work")?;
    let projects = issues::projects(&call.site);
    let start = call.number("startAt", 0);
    let most = call.number("maxResults", 50);
    let page: Vec<Value> = projects
        .iter()
        .skip(start)
        .take(most)
        .map(|project| {
            json!({ "key": project.key, "name": project.name, "projectTypeKey": "software" })
        })
        .collect();
    let is_last = start + page.len() >= projects.len();
    Ok(json_response(
        200,
        &json!({
            "startAt": start,
            "maxResults": most,
            "total": projects.len(),
            "isLast": is_last,
            "values": page,
        }),
    ))
}

/// `POST /rest/api/3/issue`, requires `write:jira-work`: 201 with the new issue's id and key.
///
/// 400 names the invalid field: a missing summary, or a project that the site does not have.
fn create(state: &mut State, call: &Admitted<'_>) -> CallResult {
    call.may("write:jira-work")?;
    let fields = &call.body["fields"];
    let summary = fields["summary"].as_str().unwrap_or_default();
    let project = fields["project"]["key"].as_str().unwrap_or_default();
    let wrong = |field: &str, why: &str| {
        let body = json!({ "errorMessages": [], "errors": { field: why } });
        Box::new(json_response(400, &body))
    };
    if summary.is_empty() {
        return Err(wrong("summary", "You must specify a summary of the issue."));
    }
    let issue = issues::create(state, &call.site, project, summary);
    let issue = issue.ok_or_else(|| wrong("project", "valid project is required"))?;
    let address = format!(
        "https://api.atlassian.com/ex/jira/{}/rest/api/3/issue/{}",
        call.site.id, issue.id
    );
    let body = json!({ "id": issue.id.to_string(), "key": issue.key, "self": address });
    Ok(json_response(201, &body))
}
