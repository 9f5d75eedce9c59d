//! What the documents name: files, tests, and links to other documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::source::{Source, root};

/// Documents that shorten paths, and the folder that they leave out.
const SHORTENED: [(&str, &str); 2] = [
    ("ARCHITECTURE.md", "core/src"),
    ("docs/attacks.md", "tests/suite"),
];
const EXTENSIONS: [&str; 7] = ["rs", "md", "toml", "json", "txt", "css", "js"];
/// A name with at least so many underscores is the sentence of a test.
const UNDERSCORES: usize = 3;

/// The documents for developers and users of this repository.
pub(super) fn documents() -> Vec<Source> {
    let mut paths: Vec<String> = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"]
        .map(str::to_owned)
        .into();
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name();
            let path = format!("{folder}/{}", name.to_string_lossy());
            if path.ends_with(".md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let read = |path: &String| fs::read_to_string(root().join(path)).unwrap();
    paths
        .iter()
        .map(|path| Source::new(path, &read(path)))
        .collect()
}

/// The paths in backticks and the targets of links for which `exists` is false.
pub(super) fn dead_paths(document: &Source, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let prose = prose(&document.text);
    let shortened = SHORTENED
        .iter()
        .find(|(path, _)| *path == document.path)
        .map(|(_, folder)| Path::new(*folder));
    let is_dead = |path: &&str| {
        let below = shortened.is_some_and(|folder| exists(&folder.join(path)));
        is_file(path) && !below && !exists(Path::new(path))
    };
    let paths = code_spans(&prose).filter(is_dead);

    let folder = Path::new(&document.path).parent().unwrap();
    let leads_nowhere = |target: &&str| !exists(&resolved(folder, target));
    let links = relative_links(&prose).filter(leads_nowhere);

    paths
        .chain(links)
        .map(|found| format!("{} names {found}", document.path))
        .collect()
}

/// The tests that a document names and that are not among the words of the code.
pub(super) fn unknown_tests(document: &Source, words: &BTreeSet<String>) -> Vec<String> {
    code_spans(&prose(&document.text))
        .filter(|span| is_name_of_test(span) && !words.contains(*span))
        .map(|span| format!("{} names {span}", document.path))
        .collect()
}

/// The text without its blocks of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            prose += line;
            prose.push('\n');
        }
    }
    prose
}

/// What stands between backticks. A span may go on in the next line, but not in the next paragraph.
fn code_spans(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .split("\n\n")
        .flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2))
}

/// A path from the root of the repository; what begins with `/` is the path of a URL.
fn is_file(span: &str) -> bool {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let extension = span.rsplit_once('.').map(|(_, extension)| extension);
    span.contains('/')
        && !span.starts_with('/')
        && span.chars().all(is_path)
        && extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn is_name_of_test(span: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    span.chars().all(is_word) && span.matches('_').count() >= UNDERSCORES
}

/// The targets of `[text](target)` without their fragments, if they are not at another place of the network.
fn relative_links(prose: &str) -> impl Iterator<Item = &str> {
    let targets = prose.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

fn resolved(folder: &Path, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

#[test]
fn a_path_that_leads_nowhere_is_found() {
    let text = "`core/src/lib.rs`, `core/src/gone.rs`.\n\n\
                ```rust\n// `core/src/example.rs`\n```\n\n\
                [fine](../README.md#install), [dead](0099-no-record.md), [web](https://example.com/x.md), [here](#top)\n\n\
                `/auth/me/x.css`, `main.rs`";
    let document = Source::new("docs/decisions/0001-planted.md", text);
    let exists = |path: &Path| {
        ["core/src/lib.rs", "docs/README.md"]
            .map(Path::new)
            .contains(&path)
    };

    let found = dead_paths(&document, exists);

    let expected = ["core/src/gone.rs", "0099-no-record.md"];
    assert_eq!(
        found,
        expected.map(|path| format!("docs/decisions/0001-planted.md names {path}"))
    );
}

#[test]
fn a_shortened_path_is_looked_up_in_its_folder() {
    let text = "`scenarios/flows.rs`, `scenarios/gone.rs`";
    let exists = |path: &Path| path == Path::new("tests/suite/scenarios/flows.rs");

    let attacks = dead_paths(&Source::new("docs/attacks.md", text), exists);
    let protocol = dead_paths(&Source::new("docs/protocol.md", text), exists);

    assert_eq!(attacks, ["docs/attacks.md names scenarios/gone.rs"]);
    assert_eq!(protocol.len(), 2);
}

#[test]
fn a_test_that_is_not_in_the_code_is_found() {
    let text = "`a_visitor_signs_in`, `a_visitor_flies_away`, `return_to`";
    let words = BTreeSet::from(["a_visitor_signs_in".to_owned()]);

    let found = unknown_tests(&Source::new("docs/attacks.md", text), &words);

    assert_eq!(found, ["docs/attacks.md names a_visitor_flies_away"]);
}
