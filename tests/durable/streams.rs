//! Answers of Atlassian that are passed back in parts: they cost little memory, and end when the reader goes away.

use std::time::Duration;

use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{ActixApp, App, AxumApp, Browser, Order, Told, World, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::database::{Database, instance};

const PATH: &str =
    "/auth/api/jira/22222222-bbbb-4bbb-8bbb-222222222222/rest/api/3/attachment/content/1";
const LARGE: usize = 1024 * 1024;
const MANY: usize = 200;
const MIB: usize = 1024 * 1024;

/// A connection on which a call was made.
async fn call<A: App>(port: u16, browser: &Browser<A>) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nhost: localhost:3000\r\ncookie: {}\r\naccept: */*\r\nsec-fetch-site: same-origin\r\n\
         sec-fetch-mode: cors\r\nsec-fetch-dest: empty\r\nconnection: close\r\n\r\n",
        browser.cookie_header()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

fn large() -> Fault {
    let kind = (
        "content-type".to_owned(),
        "application/octet-stream".to_owned(),
    );
    Fault::Answer {
        status: 200,
        headers: vec![kind],
        body: "x".repeat(LARGE),
    }
}

/// The answers are passed back by a process of its own, so that its memory can be measured.
async fn many_large_answers_cost_little(on_actix: bool) {
    let database = Database::sqlite();
    let world: World<AxumApp> = database.world().await;
    // An account has a hundred calls in flight at most.
    let browsers = [
        world.signed_in("mia").await,
        world.signed_in("edward").await,
    ];
    let mut settings = database.settings(&world);
    settings.on_actix = on_actix;
    let mut instance = instance(&settings).await;
    let Told::Listening(port) = instance.obey(&Order::Listen).await else {
        panic!("it listens");
    };
    world.sandbox.fault(Endpoint::Api, large(), MANY + 1);
    let mut warm = call(port, &browsers[0]).await;
    assert!(warm.read_to_end(&mut Vec::new()).await.unwrap() > LARGE);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = instance.most_memory();

    // All have begun before any is read.
    let mut streams = Vec::new();
    for number in 0..MANY {
        let browser = &browsers[number % browsers.len()];
        streams.push(call(port, browser).await);
    }
    let mut first = [0; 12];
    for stream in &mut streams {
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for mut stream in streams {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.len() > LARGE, "{}", rest.len());
    }

    let grown = instance.most_memory().saturating_sub(before);
    assert!(grown < 64 * MIB, "{} MiB", grown / MIB);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_answers_of_a_mebibyte_cost_little_memory_on_axum() {
    many_large_answers_cost_little(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_answers_of_a_mebibyte_cost_little_memory_on_actix() {
    many_large_answers_cost_little(true).await;
}

/// The answer of Atlassian is silent when its reader dies.
async fn a_dead_reader_ends_it<A: App>(fault: Fault) {
    let world =
        World::<A>::with(|builder| builder.forward([threelo::Forward::to("jira", "/rest/api/3/")]))
            .await;
    let browser = world.signed_in("mia").await;
    let port = A::listen(&world.auth).await;
    world.sandbox.fault(Endpoint::Api, fault, 20);
    let mut readers = Vec::new();
    for _ in 0..20 {
        let mut stream = call(port, &browser).await;
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        readers.push(stream);
    }
    let open = world.sandbox.connections();
    assert!(open >= 20, "{open}");

    drop(readers);

    let longest = Duration::from_secs(2);
    until("upstreams end with their readers", longest, async || {
        world.sandbox.connections() + 20 <= open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_reader_ends_a_silent_answer_on_axum() {
    a_dead_reader_ends_it::<AxumApp>(Fault::Drip).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_reader_ends_a_silent_answer_on_actix() {
    a_dead_reader_ends_it::<ActixApp>(Fault::Drip).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_reader_ends_an_endless_answer_on_axum() {
    a_dead_reader_ends_it::<AxumApp>(Fault::Endless).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_reader_ends_an_endless_answer_on_actix() {
    a_dead_reader_ends_it::<ActixApp>(Fault::Endless).await;
}
