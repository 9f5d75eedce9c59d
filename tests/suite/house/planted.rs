//! The checks find what is planted into small trees, and nothing in a clean one.

use super::circles::circles;
use super::docs::doc_share;
use super::rooms::CORE;
use super::source::{Source, code, tokens};
use super::tuples::tuple_patterns;

/// A crate of four files in three rooms, in order.
const CLEAN: [(&str, &str); 5] = [
    (
        "core/src/lib.rs",
        "mod grant;\nmod ids;\nmod store;\npub use self::ids::Id;\npub use self::store::Store;\n",
    ),
    ("core/src/ids.rs", "pub struct Id(String);\n"),
    (
        "core/src/store/mod.rs",
        "mod memory;\nmod row;\npub use self::memory::Memory;\npub(crate) use self::row::{Row, read as read_row};\npub trait Store {}\n",
    ),
    (
        "core/src/store/memory.rs",
        "use super::Row;\nuse crate::Id;\npub struct Memory(Vec<Row>, Id);\n",
    ),
    (
        "core/src/store/row.rs",
        "use crate::ids::Id;\npub(crate) struct Row(Id);\npub(crate) fn read() {}\n",
    ),
];

fn tree(files: &[(&str, &str)]) -> Vec<Source> {
    let file = |(path, text): &(&str, &str)| Source::new(path, text);
    files.iter().map(file).collect()
}

/// The clean crate, with these files in addition or instead.
fn clean_but(files: &[(&str, &str)]) -> Vec<Source> {
    let mut sources = tree(files);
    let kept = CLEAN
        .iter()
        .filter(|(path, _)| files.iter().all(|(other, _)| other != path));
    sources.extend(kept.map(|(path, text)| Source::new(path, text)));
    sources
}

fn climbs(sources: &[Source]) -> Vec<String> {
    CORE.climbs(sources)
}

/// The files of the only circle.
fn circle(sources: &[Source]) -> String {
    let found = circles("core/src", sources);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// A crate without folders is one room: its files must not need each other either.
#[test]
fn a_circle_in_a_flat_crate_is_found() {
    let flat = tree(&[
        (
            "tower-layer/src/lib.rs",
            "mod connect;\nmod layer;\npub use self::layer::Service;\n",
        ),
        (
            "tower-layer/src/layer.rs",
            "use crate::connect::Resolver;\npub struct Service(Resolver);\n",
        ),
        (
            "tower-layer/src/connect.rs",
            "use crate::Service;\npub struct Resolver;\nfn f(_: Service) {}\n",
        ),
    ]);

    assert_eq!(circles("tower-layer/src", &flat).len(), 1);
}

#[test]
fn a_clean_tree_passes() {
    let clean = tree(&CLEAN);

    assert_eq!(climbs(&clean), [""; 0]);
    assert_eq!(circles("core/src", &clean), [""; 0]);
    assert_eq!(tuple_patterns(&clean), [""; 0]);
    assert!(CORE.strangers(&clean).is_empty());
}

#[test]
fn an_import_that_climbs_is_found() {
    let ways = [
        "use crate::store::Store;\n",
        "use crate::Store;\n",
        "use super::store::{self};\n",
        "fn f() -> impl crate::store::Store {}\n",
        "use crate::{Store, ids};\n",
        "use crate::store as kept;\n",
        "use crate::store::*;\n",
        "pub use crate::store::Store;\n",
    ];
    for way in ways {
        let text = format!("pub struct Id;\n\n{way}");

        let found = climbs(&clean_but(&[("core/src/ids.rs", &text)]));

        assert_eq!(found.len(), 1, "{way}: {found:?}");
        assert!(found[0].starts_with("ids.rs:3 -> store/"), "{found:?}");
    }
}

#[test]
fn a_room_of_the_same_floor_is_not_below() {
    let sources = clean_but(&[
        ("core/src/clock.rs", "use crate::ids::Id;\n"),
        ("core/src/hall.rs", ""),
    ]);

    assert_eq!(
        climbs(&sources),
        ["clock.rs:1 -> ids.rs by `crate::ids::Id`"]
    );
    assert_eq!(Vec::from_iter(CORE.strangers(&sources)), ["hall"]);
}

#[test]
fn what_is_no_code_imports_nothing() {
    let text = "pub struct Id;
/// See [`Store`](crate::store::Store).
// use crate::store::Store;
/* use crate::store::Store; /* nested */ */
const TEXT: &str = \"crate::store::Store\";
const RAW: &str = r#\"\"crate::store::Store\"#;
const QUOTE: char = '\"';
fn life<'a>(_: &'a str) {}
#[cfg(test)]
use crate::store::Store;
#[cfg(test)]
mod tests {
    use crate::store::Store;
}
";

    assert_eq!(climbs(&clean_but(&[("core/src/ids.rs", text)])), [""; 0]);
}

#[test]
fn a_file_for_tests_only_imports_what_it_likes() {
    let sources = clean_but(&[
        (
            "core/src/grant/mod.rs",
            "#[cfg(test)]\nmod hostile;\npub struct Grant;\n",
        ),
        (
            "core/src/grant/hostile.rs",
            "use super::Grant;\nuse crate::auth::Auth;\n",
        ),
        (
            "core/src/auth.rs",
            "use crate::grant::Grant;\npub struct Auth;\n",
        ),
    ]);

    assert_eq!(climbs(&sources), [""; 0]);
    assert_eq!(circles("core/src", &sources), [""; 0]);
}

#[test]
fn a_circle_of_three_files_is_found() {
    let sources = clean_but(&[
        ("core/src/grant/mod.rs", "mod a;\nmod b;\nmod c;\n"),
        (
            "core/src/grant/a.rs",
            "use super::b::B;\npub(super) struct A(B);\n",
        ),
        (
            "core/src/grant/b.rs",
            "use crate::grant::c;\npub(super) struct B(c::C);\n",
        ),
        (
            "core/src/grant/c.rs",
            "pub(super) struct C(Option<Box<super::a::A>>);\n",
        ),
    ]);

    assert_eq!(
        circle(&sources),
        "3 files import each other:
    grant/a.rs:1 -> grant/b.rs by `super::b::B`
    grant/b.rs:2 -> grant/c.rs by `c::C`
    grant/c.rs:1 -> grant/a.rs by `super::a::A`"
    );
}

#[test]
fn a_circle_through_a_re_export_is_found() {
    let module = "mod a;\nmod b;\npub(crate) use self::{a::{A as First}, b::B};\n";
    let sources = clean_but(&[
        ("core/src/grant/mod.rs", module),
        (
            "core/src/grant/a.rs",
            "use super::B;\npub(crate) struct A(B);\n",
        ),
        (
            "core/src/grant/b.rs",
            "use super::First;\npub(crate) struct B(Box<First>);\n",
        ),
    ]);

    let found = circle(&sources);

    assert!(found.starts_with("2 files"), "{found}");
    assert!(found.contains("grant/b.rs:1 -> grant/a.rs"), "{found}");
}

#[test]
fn a_circle_with_the_file_that_declares_is_found() {
    let file = (
        "core/src/grant/a.rs",
        "use super::Grant;\npub(crate) struct A(Grant);\n",
    );
    let passes_on = "mod a;\npub(crate) use self::a::A;\npub struct Grant;\n";
    let needs = format!("{passes_on}fn f(_: A) {{}}\n");

    let clean = clean_but(&[("core/src/grant/mod.rs", passes_on), file]);
    let planted = clean_but(&[("core/src/grant/mod.rs", &needs), file]);

    assert_eq!(circles("core/src", &clean), [""; 0]);
    assert!(circle(&planted).contains("grant/mod.rs:2 -> grant/a.rs"));
}

#[test]
fn modules_inside_a_file_count_as_the_file() {
    let sources = clean_but(&[
        (
            "core/src/grant/mod.rs",
            "mod a;\nmod b;\nmod inner {\n    pub(super) use super::b::B;\n}\n",
        ),
        (
            "core/src/grant/a.rs",
            "mod deep {\n    use super::super::inner::B;\n    pub(crate) struct A(B);\n}\n",
        ),
        (
            "core/src/grant/b.rs",
            "pub(crate) struct B;\nfn f() { super::a::deep::g() }\n",
        ),
    ]);

    assert!(circle(&sources).starts_with("2 files"));
}

#[test]
fn a_tuple_in_a_parameter_is_found() {
    let planted = [
        "fn f((a, b): (u8, u8)) {}",
        "fn f(x: u8, &(a, b): &(u8, u8)) {}",
        "fn f<F: Fn(u8) -> u8>(&self, x: HashMap<u8, F>, mut y: u8, (a, b): (u8, u8)) {}",
        "trait T { fn f(self, #[must] (a, _): (u8, u8)); }",
        "fn f(x: (u8, u8), ((a, b), c): ((u8, u8), u8),) {}",
    ];
    for text in planted {
        let found = tuple_patterns(&tree(&[("core/src/ids.rs", text)]));

        assert_eq!(found, ["core/src/ids.rs:1 `f`"], "{text}");
    }
}

#[test]
fn other_parentheses_are_no_tuples_in_parameters() {
    let clean = "fn f(x: (u8, u8), g: fn((u8, u8)), Path((a, b)): Path<(u8, u8)>) -> (u8, u8) {
    let swap = |(a, b): (u8, u8)| (b, a);
    swap((1, 2))
}
type F = fn((u8, u8)) -> u8;
#[cfg(test)]
mod tests {
    fn f((a, b): (u8, u8)) {}
}
";

    assert_eq!(
        tuple_patterns(&tree(&[("core/src/ids.rs", clean)])),
        [""; 0]
    );
}

#[test]
fn docs_are_counted_beside_code() {
    let text = "//! A crate.\n\n/// One.\n/// Two.\nstruct A;\n\n// Why.\nfn f() {\n    g();\n}\n\n#[cfg(test)]\nmod tests {\n    /// Three.\n}\n";

    assert_eq!(doc_share(&tree(&[("core/src/lib.rs", text)])), 75);
    assert_eq!(doc_share(&[]), 0);
}

#[test]
fn tokens_know_their_lines() {
    let found = tokens("a\n/* b\n*/ 'x' \"\n\" r#\"#\n\"# '\\'' 'life ::c");
    let found: Vec<(&str, usize)> = found
        .iter()
        .map(|token| (&*token.text, token.line))
        .collect();

    let expected = [
        ("a", 1),
        ("'", 3),
        ("\"", 3),
        ("\"", 4),
        ("'", 5),
        ("'", 5),
        ("::", 5),
        ("c", 5),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        code("#[cfg(test)]\n#[path = \"x.rs\"]\nmod x;\n").test_modules,
        ["x"]
    );
}
