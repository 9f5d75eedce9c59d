//! JSON answers.

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::message::Reply;

/// A JSON answer that stays JSON wherever it is pasted.
pub(super) fn reply(status: StatusCode, value: &impl Serialize) -> Reply {
    typed(status, "application/json", value)
}

/// A problem (RFC 9457) with our `code`.
pub(super) fn problem(status: StatusCode, value: &Value) -> Reply {
    typed(status, "application/problem+json", value)
}

fn typed(status: StatusCode, content_type: &'static str, value: &impl Serialize) -> Reply {
    match serde_json::to_string(value) {
        Ok(text) => Reply::new(status).body(content_type, inert(&text)),
        Err(_) => Reply::new(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// These characters stand inside strings only, where their escapes mean the same and no markup begins.
fn inert(text: &str) -> String {
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_stays_inert() {
        let text = inert(&serde_json::to_string("</script>&").unwrap());

        assert!(!text.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "</script>&");
    }
}
