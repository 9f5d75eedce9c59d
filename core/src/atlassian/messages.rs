//! What Atlassian writes about a call that it does not accept.

use serde::Deserialize;
use serde_json::{Map, Value};

/// How many messages are kept, and how many characters of each.
const MOST: usize = 32;
const LONGEST: usize = 500;

/// Why Atlassian does not accept a call, in its own words, for the app that made the call: they may repeat what was sent, so
/// that they are neither logged nor shown to visitors.
///
/// ```
/// use threelo::ApiError;
///
/// /// Where a form of the app shows them.
/// fn hints(error: &ApiError) -> Vec<String> {
///     let messages = error.messages();
///     let fields = messages.fields.iter().map(|(field, text)| format!("{field}: {text}"));
///     messages.general.iter().cloned().chain(fields).collect()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiMessages {
    /// About the whole call: Jira's `errorMessages` and `message`, Confluence's `title` of each error. At most 32, of 500
    /// characters.
    pub general: Vec<String>,
    /// About one field of it, with its name: Jira's `errors`.
    pub fields: Vec<(String, String)>,
}

/// The members that are read, each in any shape.
#[derive(Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "errorMessages")]
    error_messages: Value,
    errors: Value,
    message: Value,
}

impl Default for Refusal {
    fn default() -> Self {
        Self {
            error_messages: Value::Null,
            errors: Value::Null,
            message: Value::Null,
        }
    }
}

impl ApiMessages {
    /// Reads the body of a refusal; what cannot be read is left out.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
            return Self::default();
        };
        let mut general = texts(&refusal.error_messages);
        general.extend(texts(&refusal.message));
        let mut fields = Vec::new();
        match &refusal.errors {
            Value::Object(errors) => fields = of_fields(errors),
            Value::Array(errors) => {
                let titles = errors.iter().flat_map(|error| texts(&error["title"]));
                general.extend(titles);
            }
            _ => {}
        }
        general.truncate(MOST);
        Self { general, fields }
    }
}

/// A text, or the texts of a list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![cut(text)],
        Value::Array(list) => {
            let texts = list.iter().take(MOST).filter_map(Value::as_str);
            texts.map(cut).collect()
        }
        _ => Vec::new(),
    }
}

/// The messages by field.
fn of_fields(errors: &Map<String, Value>) -> Vec<(String, String)> {
    let texts = errors.iter().take(MOST);
    let texts = texts.filter_map(|(field, text)| Some((cut(field), cut(text.as_str()?))));
    texts.collect()
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_jira_and_confluence_are_read_and_others_are_nothing() {
        let read = |body: &str| {
            let ApiMessages { general, fields } = ApiMessages::read(body.as_bytes());
            (general, fields)
        };
        let field = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let jira =
            r#"{"errorMessages":["No project.",7],"errors":{"summary":"It is empty.","x":{}}}"#;
        assert_eq!(
            read(jira),
            (
                vec!["No project.".to_owned()],
                vec![field("summary", "It is empty.")]
            )
        );
        let confluence =
            r#"{"errors":[{"status":400,"code":"X","title":"Bad space","detail":null}]}"#;
        assert_eq!(read(confluence).0, ["Bad space"]);
        assert_eq!(read(r#"{"code":400,"message":"Bad"}"#).0, ["Bad"]);
        for nothing in ["", "[]", "<html>", "{}", r#"{"errors":7,"message":null}"#] {
            assert_eq!(read(nothing), (vec![], vec![]), "{nothing}");
        }
        let long = format!(r#"{{"message":"{}"}}"#, "é".repeat(9999));
        assert_eq!(read(&long).0[0].chars().count(), LONGEST);
    }
}
