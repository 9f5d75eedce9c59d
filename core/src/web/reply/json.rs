//! JSON replies. They repeat nothing of the request (docs/attacks.md T144).

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::ids::CloudId;
use crate::message::Reply;
use crate::provider::site::Site;

/// Makes a JSON reply that is safe to paste into HTML; see [`inert`].
pub(crate) fn reply(status: StatusCode, value: &impl Serialize) -> Reply {
    typed(status, "application/json", value)
}

/// Makes a problem (RFC 9457). `value` has the members, among them `code`, which programs may rely
/// on.
pub(crate) fn problem(status: StatusCode, value: &Value) -> Reply {
    typed(status, "application/problem+json", value)
}

/// Writes a value. One that cannot be written becomes an empty 500.
fn typed(status: StatusCode, content_type: &'static str, value: &impl Serialize) -> Reply {
    match serde_json::to_string(value) {
        Ok(text) => Reply::new(status).body(content_type, inert(&text)),
        Err(_) => Reply::new(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Escapes `<`, `>`, `&`, U+2028 and U+2029: an app may write the text into a page, where a display
/// name could otherwise end a `<script>` (docs/attacks.md T141). In JSON these characters stand in
/// strings only, where the escapes mean the same.
fn inert(text: &str) -> String {
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// A site as scripts see it, with the field names of Atlassian's accessible resources. `added` are
/// the sites that the newest consent added.
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
