//! The Cookie reader against the corpus.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use threelo::internals::cookie;
use threelo::internals::cookie::CookieValue;

const CASES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/corpora/malformed_cases.json"
));
const SID: &str = "Sid0aBcDeFgHiJkLmNoPqRsTuVwXyZ-_0123456789A";
const FLOW: &str = "Flow0bCdEfGhIjKlMnOpQrStUvWxYz-_0123456789A";

fn rows(surface: &str) -> Vec<Value> {
    let mut rows: Vec<Value> = serde_json::from_str(CASES).unwrap();
    rows.retain(|row| row["surface"] == surface);
    rows
}

/// The Cookie fields of a row, as bytes, with its placeholders filled in.
fn fields(row: &Value) -> Vec<Vec<u8>> {
    if let Some(encoded) = row["input_b64"].as_str() {
        let raw = STANDARD.decode(encoded).unwrap();
        return vec![fill_bytes(&raw)];
    }
    let fields = row["input"].as_array().unwrap();
    fields
        .iter()
        .map(|field| fill(field.as_str().unwrap()).into_bytes())
        .collect()
}

fn fill(text: &str) -> String {
    let lower = SID.to_ascii_lowercase();
    let other = "B".repeat(43);
    [
        ("{SID}", SID),
        ("{SID:-1}", &SID[..42]),
        ("{SID:lower}", &lower),
        ("{SID:trailingbits}", &format!("{}B", &SID[..42])),
        ("{FLOW}", FLOW),
        ("{FLOW:flip}", &format!("x{}", &FLOW[1..])),
        ("{OTHER_FLOW}", &other),
        ("{EXPIRED_FLOW}", &other),
        ("{EXPIRED_SID}", &other),
        ("{LOGGED_OUT_SID}", &other),
        ("{PRE_LOGIN_SID}", &other),
        ("{STATE}", &other),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    })
}

fn fill_bytes(raw: &[u8]) -> Vec<u8> {
    let Some(at) = raw.windows(5).position(|window| window == b"{SID}") else {
        return raw.to_vec();
    };
    [&raw[..at], SID.as_bytes(), &raw[at + 5..]].concat()
}

fn find<'a>(fields: &'a [Vec<u8>], name: &str) -> CookieValue<'a> {
    cookie::find(fields.iter().map(Vec::as_slice), name)
}

#[test]
fn a_row_has_a_user_exactly_if_the_session_id_is_found() {
    let rows = rows("cookie_header");
    assert!(rows.len() > 30);

    for row in rows {
        let fields = fields(&row);
        assert!(
            !fields.concat().contains(&b'{'),
            "{} is filled in",
            row["id"]
        );

        let is_user = find(&fields, "__Host-sid") == CookieValue::One(SID.as_bytes());

        let expected = row["expect"]["identity"] == "user";
        assert_eq!(is_user, expected, "{} {}", row["id"], row["note"]);
    }
}

#[test]
fn the_flow_cookie_is_found_only_where_the_browser_has_it() {
    let rows = rows("callback_cookie");
    assert!(rows.len() > 5);

    for row in rows {
        let fields = fields(&row);

        let found = find(&fields, "__Host-flow");

        // M194 is the one row that is refused for what the flow is, not for what the cookie says.
        let expected = row["id"] == "M194";
        let is_flow = found == CookieValue::One(FLOW.as_bytes());
        assert_eq!(is_flow, expected, "{} {}", row["id"], row["note"]);
        if row["id"] == "M188" {
            assert_eq!(found, CookieValue::Ambiguous);
        }
    }
}
