//! Bodies that are announced and do not come: T200 (docs/attacks.md).

use std::time::Duration;

use threelo::Forward;
use threelo_tests::{App as _, ORIGIN};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{App, World};

const AT_ONCE: Duration = Duration::from_secs(5);
const CALL: &str = "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/issue";

/// A request whose body of so many bytes never comes.
async fn begun(port: u16, path: &str, cookie: &str, length: usize) -> TcpStream {
    let mut wire = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let host = &ORIGIN["http://".len()..];
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\norigin: {ORIGIN}\r\n\
         sec-fetch-site: same-origin\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty\r\n\
         cookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{{"
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    wire
}

/// The status of the answer to such a request.
async fn status(port: u16, path: &str, cookie: &str, length: usize) -> String {
    answer(&mut begun(port, path, cookie, length).await).await
}

async fn answer(wire: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    wire.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

#[tokio::test]
async fn a_made_up_cookie_is_refused_before_its_body_is_read() {
    let world = World::with(|builder| {
        builder.forward([Forward::to("jira", "/rest/api/3/").methods(["POST"])])
    })
    .await;
    let port = App::listen(&world.auth).await;
    let invented = format!("threelo-session-3000={}", "A".repeat(43));

    let refused = status(port, CALL, &invented, 1_000_000);

    let refused = tokio::time::timeout(AT_ONCE, refused).await;
    assert_eq!(refused.expect("the body is waited for"), "401");
}

#[tokio::test]
async fn a_form_whose_body_does_not_come_is_given_up() {
    let world = World::new().await;
    let port = App::listen(&world.auth).await;

    let given_up = status(port, "/auth/logout", "", 100);

    let given_up = tokio::time::timeout(AT_ONCE * 3, given_up).await;
    assert_eq!(
        given_up.expect("the body is waited for without an end"),
        "400"
    );
}

/// The calls of one account that may be in flight.
const MOST: usize = 100;

#[tokio::test]
async fn an_account_has_a_hundred_calls_in_flight_and_others_have_theirs() {
    let world = World::with(|builder| {
        builder.forward([Forward::to("jira", "/rest/api/3/").methods(["POST"])])
    })
    .await;
    let mallory = world.signed_in("mia").await.cookie_header();
    let edward = world.signed_in("edward").await.cookie_header();
    let port = App::listen(&world.auth).await;
    let mut held = Vec::new();
    for _ in 0..MOST {
        held.push(begun(port, CALL, &mallory, 1_000_000).await);
    }

    // One that comes before the last of these was counted has a place, and one of these has none.
    let mut one_more = None;
    while one_more.is_none() {
        let mut wire = begun(port, CALL, &mallory, 1_000_000).await;
        let answered = tokio::time::timeout(AT_ONCE / 10, answer(&mut wire)).await;
        one_more = answered.ok();
        held.push(wire);
        assert!(
            held.len() < MOST + 10,
            "bodies are waited for without a limit"
        );
    }
    let others = status(port, CALL, &edward, 1);
    let others = tokio::time::timeout(AT_ONCE, others).await.unwrap();

    assert_eq!(one_more.as_deref(), Some("429"));
    assert_ne!(others, "429");
    drop(held);
    while status(port, CALL, &mallory, 1).await == "429" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
