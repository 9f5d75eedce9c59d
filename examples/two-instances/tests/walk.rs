//! Runs the example as a reader would, over SQLite and over Redis.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Stdio;
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use threelo_sandbox::Sandbox;
use threelo_test_servers::Redis;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";

struct Visitor {
    client: Client,
    home: String,
    cookies: Vec<String>,
}

impl Visitor {
    async fn open(&mut self, path: &str) -> Response {
        let url = match path.starts_with('/') {
            true => format!("{}{path}", self.home),
            false => path.to_owned(),
        };
        let request = self.client.get(url).header("accept", "text/html");
        let cookies = self.cookies.join("; ");
        let seen = request.header(COOKIE, cookies).send().await.unwrap();
        for cookie in seen.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, _) = pair.split_once('=').unwrap();
            self.cookies
                .retain(|kept| !kept.starts_with(&format!("{name}=")));
            self.cookies.push(pair.to_owned());
        }
        seen
    }
}

async fn start(sandbox: &Sandbox, port: u16, redis: Option<&Redis>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_two-instances"));
    command
        .env("LISTEN", format!("127.0.0.1:{port}"))
        .env("PUBLIC_URL", format!("http://localhost:{port}"))
        .env("ATLASSIAN_CLIENT_ID", sandbox.client_id())
        .env("ATLASSIAN_CLIENT_SECRET", sandbox.client_secret())
        .env("ATLASSIAN_AUTH_URL", sandbox.url())
        .env("ATLASSIAN_API_URL", sandbox.url())
        .env_remove("DATABASE_URL")
        .stdout(Stdio::null())
        .kill_on_drop(true);
    if let Some(redis) = redis {
        command.env("DATABASE_URL", redis.url());
        command.env("THREELO_KEYS", KEYS);
    }
    let process = command.spawn().unwrap();
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process
}

async fn who_signs_in_on_one_works_on_the_other(redis: Option<Redis>) {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let _both = start(&sandbox, port, redis.as_ref()).await;
    let mut visitor = Visitor {
        client: Client::builder().redirect(Policy::none()).build().unwrap(),
        home: format!("http://localhost:{port}"),
        cookies: Vec::new(),
    };
    // The instances start behind the proxy.
    while !visitor.open("/").await.status().is_success()
        || !visitor.open("/").await.status().is_success()
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let login = visitor.open("/auth/login?return_to=/").await;
    let authorize = login.headers()[LOCATION].to_str().unwrap().to_owned();
    let callback = sandbox.approve(&authorize, "edward", None).await.unwrap();
    assert_eq!(visitor.open(&callback).await.status(), 303);

    let mut answered_by = Vec::new();
    for path in ["/", "/", "/board", "/board"] {
        let page = visitor.open(path).await.text().await.unwrap();
        assert!(page.contains("Edward Byrne"), "{page}");
        let (_, name) = page.split_once("Answered by instance ").unwrap();
        answered_by.push(name.starts_with("one"));
    }
    assert_ne!(answered_by[0], answered_by[1]);
    assert_ne!(answered_by[2], answered_by[3]);
}

#[tokio::test]
async fn over_sqlite() {
    who_signs_in_on_one_works_on_the_other(None).await;
}

#[tokio::test]
async fn over_redis() {
    if !threelo_test_servers::are_left_out() {
        who_signs_in_on_one_works_on_the_other(Some(Redis::start())).await;
    }
}
