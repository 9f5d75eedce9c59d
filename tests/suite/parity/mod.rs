//! The same bytes, sent to both frameworks over a socket, get the same answer and have the same effects: T227
//! (docs/attacks.md).

mod connect;
mod reply;
mod rows;

use std::time::Duration;

use threelo::Forward;
use threelo_tests::{ActixApp, App, AxumApp, Scene, World};

use self::rows::{Row, all_rows};

/// What the frameworks themselves answer differently, outside or inside of threelo, with the status of axum and that of
/// actix-web. ARCHITECTURE.md has the reasons.
const FORCED: &[(&str, u16, u16)] = &[
    // The app's own 404: axum leaves the length out of its answer to HEAD.
    ("target HEAD /%61uth/me", 404, 404),
    ("target HEAD /auth%2fme", 404, 404),
    ("target HEAD //auth/me", 404, 404),
    ("target HEAD /AUTH/me", 404, 404),
    ("target HEAD /user/%2e%2e/%2e%2e", 404, 404),
    ("target HEAD //evil.example/%2f..", 404, 404),
    ("target HEAD /auth\\me", 404, 404),
    // The app's own routes: axum runs the handler of GET for HEAD, and answers 405 where actix-web answers 404.
    ("target HEAD /public?x=1%", 200, 404),
    ("target OPTIONS /public?x=1%", 405, 404),
    ("target HEAD http://localhost:3000", 200, 404),
    ("target OPTIONS http://localhost:3000", 405, 404),
    // No host, two hosts, a length beside chunks: actix-web refuses, hyper reads on.
    ("host none", 303, 400),
    ("host twice", 303, 400),
    ("body length and chunks /auth/logout page", 303, 400),
    ("body length and chunks /auth/logout fetch", 204, 400),
    ("body length and chunks /auth/site page", 400, 400),
    ("body length and chunks /auth/site fetch", 400, 400),
    ("body length and chunks /auth/me page", 405, 400),
    ("body length and chunks /auth/me fetch", 405, 400),
    ("body length and chunks /own-pages page", 200, 400),
    ("body length and chunks /own-pages fetch", 200, 400),
    // An address of 70 KB.
    (
        "M091 70 KiB query: server or middleware refuses, memory stays flat",
        414,
        400,
    ),
];

/// One framework, its server and its world.
struct Side<A> {
    world: World<A>,
    port: u16,
    scene: Scene<A>,
}

impl<A: App> Side<A> {
    async fn new() -> Self {
        let world = World::with(|builder| {
            builder
                .same_site_origins(["http://localhost:5173"])
                .cross_site_origins(["http://127.0.0.1:5173"])
                .access_tokens()
                .bearer_sessions()
                .forward([Forward::to("jira", "/rest/api/3/").methods(["GET", "POST"])])
        })
        .await;
        Self {
            port: A::listen(&world.auth).await,
            scene: Scene::new(&world).await,
            world,
        }
    }

    /// The answer to a row, without what is random; `None` if the scene lacks one of its names.
    async fn answer(&mut self, row: &Row) -> Option<String> {
        if row.changes {
            self.scene = Scene::new(&self.world).await;
        }
        let request = row.fill(&self.scene)?;
        let before = self.effects();
        let reply = reply::raw(self.port, &request, row.is_cut).await;
        let reply = reply::without_chance(&reply, self.world.sandbox.url());
        assert!(self.world.auth.drain(Duration::from_secs(10)).await);
        if row.is_by_chance {
            return Some(reply);
        }
        let after = self.effects();
        Some(format!(
            "{reply}\n{} store calls, {} calls to Atlassian",
            after.0 - before.0,
            after.1 - before.1
        ))
    }

    /// The effects so far: store calls and requests to Atlassian.
    fn effects(&self) -> (usize, usize) {
        let calls = self.world.sessions.calls();
        (calls, self.world.sandbox.journal().len())
    }
}

#[tokio::test]
async fn both_frameworks_answer_the_same_bytes_alike() {
    let mut axum = Side::<AxumApp>::new().await;
    let mut actix = Side::<ActixApp>::new().await;
    let mut differences = Vec::new();
    let mut run = 0;
    for row in all_rows() {
        let (Some(one), Some(other)) = (axum.answer(&row).await, actix.answer(&row).await) else {
            continue;
        };
        run += 1;
        if !is_expected(&row.name, &one, &other) {
            differences.push(format!(
                "== {}\n-- axum\n{one}\n-- actix\n{other}\n",
                row.name
            ));
        }
    }

    assert!(run > 1000, "{run}");
    assert!(
        differences.is_empty(),
        "{} of {run} rows differ, or are alike although listed:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// Whether two answers are the same, or differ as the frameworks force them to.
fn is_expected(name: &str, axum: &str, actix: &str) -> bool {
    let is = |reply: &str, status| reply.starts_with(&format!("HTTP/1.1 {status}\n"));
    match FORCED.iter().find(|(forced, ..)| *forced == name) {
        None => axum == actix,
        Some((_, one, other)) => axum != actix && is(axum, *one) && is(actix, *other),
    }
}
