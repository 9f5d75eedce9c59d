//! Escaping, and the pieces that pages are put together from.

/// Text that cannot become markup, in content and in quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A link within a sentence.
pub(crate) fn link(url: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escaped(url), escaped(text))
}

/// A link that looks like the main button.
pub(crate) fn main_link(url: &str, text: &str) -> String {
    format!(
        "<a class=\"button main\" href=\"{}\">{}</a>",
        escaped(url),
        escaped(text)
    )
}

/// A link that looks like a quiet button.
pub(crate) fn quiet_link(url: &str, text: &str) -> String {
    format!(
        "<a class=\"button\" href=\"{}\">{}</a>",
        escaped(url),
        escaped(text)
    )
}

/// A row of buttons.
pub(crate) fn row(buttons: &[String]) -> String {
    format!("<div class=\"row\">{}</div>", buttons.concat())
}

/// A field that nobody sees.
pub(crate) fn hidden(name: &str, value: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
        escaped(value)
    )
}

/// One paragraph of plain text.
pub(crate) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escaped(text))
}

/// A name that somebody chose: it cannot turn the direction of the words beside it, nor spell itself backwards.
pub(crate) fn name(text: &str) -> String {
    let is_override =
        |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    format!("<bdi>{}</bdi>", escaped(&text.replace(is_override, "")))
}

/// One paragraph around a name.
pub(crate) fn about(before: &str, who: &str, after: &str) -> String {
    format!("<p>{}{}{}</p>", escaped(before), name(who), escaped(after))
}
