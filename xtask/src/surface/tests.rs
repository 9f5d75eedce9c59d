//! The listing sees what is public, and every change of it.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Surface, difference, read, surface};

const PLANTED: &str = r#"
//! A crate.
mod inner;
pub use inner::{Store, Token as AccessToken};
pub use std::time::Duration;

pub mod config {
    #[derive(Clone, PartialEq)]
    #[non_exhaustive]
    pub struct Config { pub name: String, secret: u8 }
    pub struct Open { pub name: String }
    pub enum Mode { Fast, Slow(u8), Custom { steps: u8 } }
    #[doc(hidden)]
    pub struct Hidden;
    pub const LIMIT: usize = 3;
    pub type Names<T> = Vec<(T, String)>;
}

/// Parses.
pub fn parse<'a, T: Into<String>>(text: &'a str, _: impl Fn(T) -> u8) -> Option<&'a [T]> where T: Clone {
    None
}
"#;

const INNER: &str = "
pub struct Token(String);
impl Token {
    pub const EMPTY: u8 = 0;
    pub const fn length(&self) -> usize { self.0.len() }
    pub async fn sent(self, to: &mut dyn Store<Row = u8>) -> Result<(), std::fmt::Error> { Ok(()) }
    fn private(&self) {}
}
impl Iterator for Token {
    type Item = char;
    fn next(&mut self) -> Option<char> { None }
}
pub trait Store: Send {
    type Row;
    fn read(&self, key: [u8; 4]) -> Self::Row;
    fn name(&self) -> &'static str { \"\" }
}
";

static CRATES: AtomicU32 = AtomicU32::new(0);

/// The surface of a crate of two files.
fn listed(root: &str, inner: &str) -> Surface {
    let number = CRATES.fetch_add(1, Ordering::Relaxed);
    let name = format!("threelo-surface-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("lib.rs"), root).unwrap();
    std::fs::write(folder.join("inner.rs"), inner).unwrap();

    let rustdoc = std::env::var("RUSTDOC").unwrap_or_else(|_| "rustdoc".to_owned());
    let status = Command::new(rustdoc)
        .args(["lib.rs", "--crate-name=planted", "--edition=2024"])
        .args(["-Zunstable-options", "--output-format=json", "--out-dir=."])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(&folder)
        .status();
    assert!(status.unwrap().success());
    let found = surface(&read(&folder.join("planted.json")).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    found
}

#[test]
fn every_public_path_has_a_line() {
    let found = listed(PLANTED, INNER);

    let expected = "\
mod planted
struct planted::AccessToken(_)
impl Iterator for Token { type Item = char }
const planted::AccessToken::EMPTY: u8
const fn planted::AccessToken::length(&self) -> usize
async fn planted::AccessToken::sent(self, to: &mut dyn Store<Row = u8>) -> Result<(), Error>
pub use std::time::Duration as planted::Duration
trait planted::Store: Send
type planted::Store::Row
fn planted::Store::name(&self) -> &'static str { default }
fn planted::Store::read(&self, key: [u8; 4]) -> Self::Row
mod planted::config
#[non_exhaustive] struct planted::config::Config { name, .. }
impl Clone, PartialEq for Config
field planted::config::Config::name: String
const planted::config::LIMIT: usize
enum planted::config::Mode
variant planted::config::Mode::Custom { steps: u8 }
variant planted::config::Mode::Fast
variant planted::config::Mode::Slow(u8)
type planted::config::Names<T> = Vec<(T, String)>
struct planted::config::Open { name }
field planted::config::Open::name: String
fn planted::parse<'a, T>(text: &'a str, _: impl Fn(T) -> u8) -> Option<&'a [T]> where T: Clone + Into<String>";
    assert_eq!(found.lines.join("\n"), expected);
}

#[test]
fn open_types_without_non_exhaustive_are_warned_of() {
    let found = listed(PLANTED, INNER);

    let expected = ["enum planted::config::Mode", "struct planted::config::Open"];
    assert_eq!(Vec::from_iter(found.warnings), expected);
}

#[test]
fn a_planted_change_is_seen() {
    let committed = listed(PLANTED, INNER).lines.join("\n");
    let changes = [
        ("key: [u8; 4]", "key: [u8; 8]"),
        ("{ \"\" }", ";"),
        ("pub const EMPTY", "const EMPTY"),
        ("    fn private", "    pub fn private"),
        ("pub trait Store: Send", "pub trait Store"),
    ];

    assert_eq!(
        difference("planted", &committed, &listed(PLANTED, INNER).lines),
        ""
    );
    for (before, after) in changes {
        let changed = listed(PLANTED, &INNER.replace(before, after));

        let said = difference("planted", &committed, &changed.lines);

        assert!(said.starts_with("planted:\n  "), "{after}: {said}");
    }
    let renamed = listed(&PLANTED.replace("name: String }", "title: String }"), INNER);
    assert_eq!(
        difference("planted", &committed, &renamed.lines),
        "planted:\n  - field planted::config::Open::name: String
  - struct planted::config::Open { name }
  + field planted::config::Open::title: String
  + struct planted::config::Open { title }\n"
    );
}
