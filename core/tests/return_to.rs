//! Return targets against the corpus, and against generated strings.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use threelo::internals::ReturnToRules;
use url::Url;

const CASES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/corpora/return_to_cases.json"
));
const SITE: &str = "https://app.example.com";
const LISTED: &str = "https://spa.example.com";

fn rules(allowed_origins: &[&str]) -> ReturnToRules {
    let allowed: Vec<Url> = allowed_origins
        .iter()
        .map(|origin| Url::parse(origin).unwrap())
        .collect();
    ReturnToRules::new(Url::parse(SITE).unwrap(), "/auth", &allowed)
}

fn verdict(row: &Value) -> Option<String> {
    let allowed: Vec<&str> = row["allowed_origins"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let accepted = rules(&allowed).accept(row["input"].as_str().unwrap())?;
    Some(accepted.as_str().to_owned())
}

#[test]
fn every_row_of_the_corpus_gets_its_verdict() {
    let rows: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(rows.len() > 100);

    let wrong: Vec<String> = rows
        .iter()
        .map(|row| (row, verdict(row)))
        .filter(|(row, seen)| seen.as_deref() != row["emit"].as_str())
        .map(|(row, seen)| format!("{} {} -> {seen:?}", row["id"], row["input"]))
        .collect();

    assert_eq!(wrong, Vec::<String>::new());
    for row in &rows {
        assert_eq!(row["ok"], row["emit"].is_string(), "{}", row["id"]);
    }
}

#[test]
fn what_is_accepted_stays_at_home_in_every_reading() {
    let rules = rules(&[LISTED]);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;

    for _ in 0..200_000 {
        let candidate = random.candidate();
        let Some(target) = rules.accept(&candidate) else {
            continue;
        };
        accepted += 1;
        assert_stays(target.as_str(), &candidate);
        let again = rules.accept(target.as_str());
        assert_eq!(again.as_ref(), Some(&target), "{candidate:?}");
    }

    assert!(accepted > 1_000, "only {accepted} were accepted");
}

/// The target, its path alone and its path decoded once more all resolve to the site or the listed origin.
fn assert_stays(target: &str, candidate: &str) {
    let here = Url::parse(SITE).unwrap().join("/auth/callback").unwrap();
    let resolved = here.join(target).unwrap();
    let origin = resolved.origin().ascii_serialization();
    assert!(origin == SITE || origin == LISTED, "{candidate:?} leaves");
    assert_eq!(target.starts_with('/'), origin == SITE, "{candidate:?}");
    assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));

    let mut path = resolved.path().to_owned();
    for _ in 0..2 {
        let from = resolved.join(&path).unwrap();
        assert_eq!(from.origin(), resolved.origin(), "{candidate:?}");
        assert!(!path.starts_with("//") && !path.contains(['\\', '\n', '\t']));
        let route = path.trim_end_matches('/').to_ascii_lowercase();
        assert!(!matches!(&*route, "/auth/callback" | "/auth/logout"));
        path = decode(&path);
    }
}

fn decode(path: &str) -> String {
    let form = path
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    let (decoded, _) = url::form_urlencoded::parse(form.as_bytes()).next().unwrap();
    decoded.into_owned()
}

#[test]
fn a_flood_of_one_piece_is_refused_and_harms_nothing() {
    let rules = rules(&[LISTED]);
    for piece in ["%", "/", "%25", "a/", "%2f", "&", ";", "=", "https://"] {
        let long = piece.repeat(65_536 / piece.len());
        assert_eq!(rules.accept(&long), None, "{piece}");
        let within = format!("/{}", &long[..2_047]);
        let target = rules.accept(&within);
        assert!(target.is_none_or(|target| target.as_str() == within));
    }
}

/// A generator of strings made of the pieces that attacks are made of; seeded, so that a failure comes back.
struct Random(u64);

impl Random {
    const STARTS: [&str; 9] = [
        "/",
        "/",
        "/",
        "/",
        "//",
        "https://app.example.com",
        "https://spa.example.com",
        "HTTPS://APP.example.com:443",
        "",
    ];
    const PIECES: [&str; 40] = [
        "/",
        "//",
        "\\",
        ".",
        "..",
        "/..",
        "/.",
        "%2f",
        "%2F",
        "%5c",
        "%252f",
        "%25252f",
        "%2e",
        "%252e",
        "%",
        "%25",
        "%0a",
        "%09",
        "%00",
        "\t",
        "\n",
        " ",
        "%20",
        "@",
        ":",
        "?",
        "#",
        "&",
        "=",
        "evil.example",
        "auth",
        "callback",
        "logout",
        "/auth/%63allback",
        "a",
        "é",
        "%c3%a9",
        "%ff",
        "'",
        "{",
    ];

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn candidate(&mut self) -> String {
        let mut candidate = Self::STARTS[self.below(Self::STARTS.len())].to_owned();
        for _ in 0..self.below(6) {
            candidate.push_str(Self::PIECES[self.below(Self::PIECES.len())]);
        }
        candidate
    }
}
