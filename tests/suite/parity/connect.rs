//! The same in connect mode: every route by method, audience, origin and user.

use std::time::Duration;

use threelo_tests::{ActixApp, App, AxumApp, World};

use super::reply;

const OURS: [&str; 10] = [
    "/auth/connect",
    "/auth/connections?return_to=%2Fpublic&scope=write:jira-work",
    "/auth/disconnect?return_to=%2Fpublic",
    "/auth/sites",
    "/auth/site",
    "/auth/callback",
    "/auth/callback?error=access_denied&state={STATE}",
    "/auth/callback?code=made-up&state={STATE}",
    "/auth/error?reason=linked_elsewhere",
    "/auth/login",
];
const APPS: [&str; 7] = [
    "/public",
    "/connections",
    "/myself?x=1",
    "/board",
    "/login-only",
    "/writers",
    "/user",
];
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"];
const USERS: [&str; 4] = ["", "app-user=edward", "app-user=another", "app-user=broken"];
const AUDIENCES: [&str; 3] = [
    "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document",
    "Accept: application/json\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty",
    "HX-Request: true\r\nHX-Current-URL: http://localhost:3000/public\r\nSec-Fetch-Mode: cors",
];
const ORIGINS: [&str; 3] = [
    "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost:3000",
    "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example",
    "X-Nothing: known",
];

/// Requests without their flow: method, target, and the fields but the cookies of the flow.
fn requests() -> Vec<(String, &'static str)> {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for method in METHODS {
        lines.extend(OURS.map(|target| (method, target)));
    }
    lines.extend(APPS.map(|target| ("GET", target)));
    lines.extend([("POST", "/myself"), ("GET", "/start"), ("POST", "/start")]);
    let mut all = Vec::new();
    for (method, target) in lines {
        for user in USERS {
            for audience in AUDIENCES {
                let fields = ORIGINS.map(|origin| format!("{audience}\r\n{origin}"));
                let head = |fields| {
                    format!(
                        "{method} {target} HTTP/1.1\r\nHost: localhost:3000\r\n{fields}\r\n\
                         Content-Length: 0\r\nConnection: close\r\n"
                    )
                };
                all.extend(fields.map(|fields| (head(fields), user)));
            }
        }
    }
    all
}

/// The answers of one framework, with their effects on the store and on Atlassian.
async fn answers<A: App>() -> Vec<String> {
    let world = World::<A>::connecting(|builder| builder).await;
    let port = A::listen_connecting(world.connect()).await;
    let mut edward = world.browser().with_user("app-user", "edward");
    edward.connect(&world, "edward", "").await;
    let mut answers = Vec::new();
    for (head, user) in requests() {
        let (flow, state) = if head.contains("{STATE}") {
            flow_of(&world).await
        } else {
            Default::default()
        };
        let before = effects(&world);
        let head = head.replace("{STATE}", &state);
        let request = format!("{head}Cookie: {user}; {flow}\r\n\r\n");
        let reply = reply::raw(port, request.as_bytes(), false).await;
        let reply = reply::without_chance(&reply, world.sandbox.url());
        assert!(world.auth.drain(Duration::from_secs(10)).await);
        let after = effects(&world);
        let happened = (after.0 - before.0, after.1 - before.1);
        // To HEAD hyper does not say that there is no body, actix-web does.
        let reply = match head.starts_with("HEAD") {
            true => reply.replace("content-length: 0\n", ""),
            false => reply,
        };
        answers.push(format!("{head}Cookie: {user}\n\n{reply}\n{happened:?}"));
    }
    answers
}

/// The cookie and the state of a flow that edward started.
async fn flow_of<A: App>(world: &World<A>) -> (String, String) {
    let mut browser = world.browser().with_user("app-user", "edward");
    let authorize = browser.start_connect("").await;
    let authorize = url::Url::parse(&authorize).unwrap();
    let mut parameters = authorize.query_pairs();
    let state = parameters.find(|(name, _)| name == "state").unwrap().1;
    browser.cookies.remove("app-user");
    (browser.cookie_header(), state.into_owned())
}

/// Store reads and calls to Atlassian so far.
fn effects<A: App>(world: &World<A>) -> (usize, usize) {
    (world.grants.loads(), world.sandbox.journal().len())
}

#[tokio::test]
async fn both_frameworks_answer_alike_in_connect_mode() {
    let (axum, actix) = tokio::join!(answers::<AxumApp>(), answers::<ActixApp>());

    assert!(axum.len() > 2000, "{}", axum.len());
    // The state is another one on each side.
    let without_state = |answer: &String| {
        let (before, after) = answer.split_once("state=").unwrap_or((answer, ""));
        let after = after.split_once(" HTTP").map_or(after, |(_, after)| after);
        format!("{before}{after}")
    };
    let differences: Vec<String> = axum
        .iter()
        .map(without_state)
        .zip(actix.iter().map(without_state))
        .filter(|(one, other)| one != other)
        .map(|(one, other)| format!("-- axum\n{one}\n-- actix\n{other}\n"))
        .collect();
    assert!(
        differences.is_empty(),
        "{} rows differ:\n{}",
        differences.len(),
        differences[..differences.len().min(10)].join("\n")
    );
}
