//! Every route by every method.

use serde_json::Value;

use super::{FETCH, FLOW, HOST, HTMX, PAGE, Row, SESSION, row};

/// The description of the JSON routes, every one of which has its rows.
const DESCRIPTION: &str = include_str!("../../../../core/src/web/routes/openapi.json");
/// Pages, and odd paths.
const PATHS: [&str; 15] = [
    "/auth/login?return_to=%2Fuser",
    "/auth/callback",
    "/auth/callback?error=access_denied&state={STATE}",
    "/auth/error?reason=cancelled",
    "/auth/continue",
    "/auth/done",
    "/auth/popup.js",
    "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/search/jql?jql=project%3DAD",
    "/auth/api/jira/../me",
    "/auth/api/",
    "/auth/sessions/",
    "/auth/sessions/short",
    "/auth/nothing",
    "/auth",
    "/auth/",
];
const APPS: [&str; 3] = ["/public", "/user?week=7", "/site-only"];
const OTHERS: [&str; 8] = [
    "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];

/// Every path to ask for.
fn paths() -> Vec<String> {
    let described: Value = serde_json::from_str(DESCRIPTION).expect("openapi.json is JSON");
    let described = described["paths"].as_object().expect("paths");
    let templates = described.keys().filter(|path| !path.starts_with("/api/"));
    let json =
        templates.map(|path| format!("/auth{}", path.replace("{handle}", "AAAAAAAAAAAAAAAA")));
    let pages = PATHS.into_iter().chain(APPS).map(str::to_owned);
    json.chain(pages).collect()
}

/// Every route by every method, for every audience, for strangers and for who is signed in.
pub(super) fn routes_by_method() -> Vec<Row> {
    let mut rows = Vec::new();
    for route in &paths() {
        for (audience, headers) in [
            ("page", PAGE),
            ("fetch", FETCH),
            ("htmx", HTMX),
            ("bare", ""),
        ] {
            for (who, cookie) in [("stranger", ""), ("user", SESSION), ("flow", FLOW)] {
                let name = format!("GET {route} {audience} {who}");
                rows.push(row(
                    name,
                    &format!("GET {route}"),
                    &[HOST, headers, cookie],
                    "",
                ));
            }
        }
        // The other methods of the app's own routes are the framework's business.
        for method in OTHERS
            .into_iter()
            .filter(|_| !APPS.contains(&route.as_str()))
        {
            let name = format!("{method} {route}");
            rows.push(row(
                name,
                &format!("{method} {route}"),
                &[HOST, FETCH, SESSION],
                "",
            ));
        }
    }
    rows
}
