//! Every route by every method.

use super::{FETCH, FLOW, HOST, HTMX, PAGE, Row, SESSION, row};

const ROUTES: [&str; 23] = [
    "/auth/login?return_to=%2Fuser",
    "/auth/callback",
    "/auth/callback?error=access_denied&state={STATE}",
    "/auth/logout",
    "/auth/me",
    "/auth/sites",
    "/auth/site",
    "/auth/sessions",
    "/auth/sessions/AAAAAAAAAAAAAAAA",
    "/auth/error?reason=cancelled",
    "/auth/disconnect",
    "/auth/connect",
    "/auth/connections",
    "/auth/token",
    "/auth/redeem",
    "/auth/done",
    "/auth/popup.js",
    "/auth/openapi.json",
    "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/search/jql?jql=project%3DAD",
    "/auth/api/jira/../me",
    "/auth/nothing",
    "/auth",
    "/auth/",
];
const APPS: [&str; 3] = ["/public", "/user?week=7", "/site-only"];
const OTHERS: [&str; 8] = [
    "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];

/// Every route by every method, for every audience, for strangers and for who is signed in.
pub(super) fn routes_by_method() -> Vec<Row> {
    let mut rows = Vec::new();
    for route in ROUTES.into_iter().chain(APPS) {
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
        for method in OTHERS.into_iter().filter(|_| !APPS.contains(&route)) {
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
