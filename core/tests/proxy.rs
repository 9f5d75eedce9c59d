//! The proxy that the environment names.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use threelo::http_client::{HttpClientError, ReqwestClient, fetch};

/// What the child asks for; unset in the test itself.
const ASKS: &str = "ASKS_FOR";
const NAME: &str = "the_proxy_of_the_environment_is_used_but_for_loopback_and_no_proxy";

/// Answers whoever connects with 200 once, and tells the first line of what they sent.
fn server() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            tell.send(line).unwrap();
            let _gone = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (address, told)
}

/// Runs this test in a process of its own, because the environment is read once.
fn ask(url: &str, proxy: &str, without: &str) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact"])
        .env(ASKS, url)
        .envs(
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
                .map(|name| (name, format!("http://{proxy}"))),
        )
        .env("NO_PROXY", without)
        .stdout(Stdio::null())
        .status();
    assert!(child.unwrap().success(), "{url}");
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_used_but_for_loopback_and_no_proxy() {
    if let Ok(url) = std::env::var(ASKS) {
        let request = Request::get(url).body(Bytes::new()).unwrap();
        let answer = fetch(&ReqwestClient::new().unwrap(), request, 1024).await;
        // Behind the proxy there is nobody.
        assert!(
            matches!(answer, Ok(_) | Err(HttpClientError::Unreachable(_))),
            "{answer:?}"
        );
        return;
    }
    let second = Duration::from_secs(1);
    let (proxy, at_proxy) = server();
    let (own, at_own) = server();

    ask("https://api.atlassian.com/me", &proxy, "");
    assert!(
        at_proxy
            .recv_timeout(second)
            .unwrap()
            .starts_with("CONNECT api.atlassian.com:443 ")
    );
    ask(&format!("http://{own}/x"), &proxy, "");
    assert!(at_own.recv_timeout(second).unwrap().starts_with("GET /x "));
    ask(
        "https://api.atlassian.invalid/me",
        &proxy,
        "atlassian.invalid",
    );

    assert!(
        at_proxy.try_recv().is_err(),
        "neither loopback nor an exception is the proxy's"
    );
}
