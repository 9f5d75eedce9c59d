//! Raw requests over a socket, and their replies without what is random.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends these bytes and reads until the server closes. A request that is cut ends with the sending side.
pub(super) async fn raw(port: u16, request: &[u8], is_cut: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // A server may refuse and close before it has read everything.
    let _ = stream.write_all(request).await;
    if is_cut {
        let _ = stream.shutdown().await;
    }
    let mut reply = Vec::new();
    let all = stream.read_to_end(&mut reply);
    let _ = tokio::time::timeout(Duration::from_secs(5), all).await;
    reply
}

/// Status, sorted header fields and body; no `Date`, no `Connection`, and every random word replaced by its length.
pub(super) fn without_chance(reply: &[u8], sandbox: &str) -> String {
    let text = String::from_utf8_lossy(reply);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    // The reason phrase carries no meaning (RFC 9112 §4).
    let status = status.get(..12).unwrap_or(status);
    let mut fields: Vec<String> = lines
        .map(|line| line.split_once(':').unwrap_or((line, "")))
        .map(|(name, value)| format!("{}:{value}", name.to_lowercase()))
        .filter(|field| !field.starts_with("date:") && !field.starts_with("connection:"))
        .collect();
    fields.sort();
    let body = in_order(body);
    let all = format!("{status}\n{}\n\n{body}", fields.join("\n"));
    words_by_length(&all.replace(sandbox, "https://sandbox.example"))
}

/// A list of sessions without their handles, whose order is chance.
fn in_order(body: &str) -> String {
    let Ok(mut list) = serde_json::from_str::<serde_json::Value>(body) else {
        return body.to_owned();
    };
    let Some(sessions) = list["sessions"].as_array_mut() else {
        return body.to_owned();
    };
    for session in &mut *sessions {
        session["handle"] = "of 16 letters".into();
    }
    sessions.sort_by_key(ToString::to_string);
    list.to_string()
}

fn words_by_length(text: &str) -> String {
    const RANDOM: usize = 32;
    let is_word = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let (mut out, mut word) = (String::new(), String::new());
    for character in text.chars().chain([' ']) {
        if is_word(character) {
            word.push(character);
            continue;
        }
        if word.len() < RANDOM && !word.starts_with("threelo-flow-") {
            out.push_str(&word);
        } else {
            out.push_str(&format!("~{}", word.len()));
        }
        word.clear();
        out.push(character);
    }
    out
}
