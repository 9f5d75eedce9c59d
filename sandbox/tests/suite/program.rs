//! The program and its seed files.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use threelo_sandbox::Seed;

use crate::client::text;

#[test]
fn an_invalid_seed_is_refused_with_the_reason() {
    let text = include_str!("../../seed.example.toml");

    assert!(Seed::parse("").unwrap_err().contains("apps"));
    assert!(
        Seed::parse(&text.replace("sites = [\"Borealis Lab\"]", "sites = [\"Nowhere\"]"))
            .unwrap_err()
            .contains("Nowhere")
    );
    assert!(
        Seed::parse(&text.replace("key = \"nora\"", "kee = \"nora\""))
            .unwrap_err()
            .contains("kee")
    );
}

#[test]
fn the_program_prints_one_line_of_json() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_threelo-sandbox"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    program.kill().unwrap();
    program.wait().unwrap();

    let printed: Value = serde_json::from_str(&line).unwrap();
    assert!(text(&printed, "url").starts_with("http://127.0.0.1:"));
    assert_eq!(
        text(&printed, "client_id"),
        text(&printed["environment"], "ATLASSIAN_CLIENT_ID")
    );
}
