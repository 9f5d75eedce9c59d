//! JSON answers.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::ids::CloudId;
use crate::message::Reply;
use crate::provider::site::Site;

/// A JSON answer that stays JSON wherever it is pasted.
pub(crate) fn reply(status: StatusCode, value: &impl Serialize) -> Reply {
    typed(status, "application/json", value)
}

/// A problem (RFC 9457) with our `code`.
pub(crate) fn problem(status: StatusCode, value: &Value) -> Reply {
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

/// A site as scripts see it.
pub(crate) fn site_json(site: &Site, current: bool, added: &[CloudId]) -> Value {
    json!({
        "id": site.id.as_str(),
        "name": site.name,
        "url": site.url,
        "avatarUrl": site.avatar_url,
        "scopes": site.scopes.iter().collect::<Vec<_>>(),
        "current": current,
        "added": added.contains(&site.id),
    })
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
