//! Escaping, and the pieces that the built-in pages consist of.
//!
//! Every function here escapes the texts that it is given; only [`row`] takes HTML. The tests in
//! `hostile.rs` render all pages with hostile texts and find none of them unescaped.

/// Escapes a text, so that it cannot become markup: neither as content nor in a quoted attribute
/// (docs/attacks.md T134). It does not make an address safe: those are made or checked before.
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

/// A link inside a sentence.
pub(crate) fn link(url: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escaped(url), escaped(text))
}

/// A link that looks like a button, for the way that most visitors take. A link and not a form,
/// because it may lead to Atlassian (docs/attacks.md T137).
pub(crate) fn main_link(url: &str, text: &str) -> String {
    format!(
        "<a class=\"button main\" href=\"{}\">{}</a>",
        escaped(url),
        escaped(text)
    )
}

/// The same, and opens a window of its own, which learns nothing of the page that opened it.
pub(crate) fn window_link(url: &str, text: &str) -> String {
    format!(
        "<a class=\"button main\" href=\"{}\" target=\"_blank\" rel=\"noopener\">{}</a>",
        escaped(url),
        escaped(text)
    )
}

/// A link that looks like a button, for the other way.
pub(crate) fn quiet_link(url: &str, text: &str) -> String {
    format!(
        "<a class=\"button\" href=\"{}\">{}</a>",
        escaped(url),
        escaped(text)
    )
}

/// A row of buttons, which are HTML. Empty ones are allowed and leave no gap.
pub(crate) fn row(buttons: &[String]) -> String {
    format!("<div class=\"row\">{}</div>", buttons.concat())
}

/// A hidden field of a form. `name` is a constant and is not escaped.
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

/// A name that a user of Atlassian chose. Characters that change the direction of writing are
/// removed (U+202A to U+202E, U+2066 to U+2069), and `<bdi>` isolates what is left: a name can
/// neither show itself in reverse nor reorder the words beside it.
pub(crate) fn name(text: &str) -> String {
    let is_override =
        |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    format!("<bdi>{}</bdi>", escaped(&text.replace(is_override, "")))
}

/// One paragraph of a text with a name in the place of `{}`.
pub(crate) fn about(text: &str, who: &str) -> String {
    match text.split_once("{}") {
        Some((before, after)) => {
            format!("<p>{}{}{}</p>", escaped(before), name(who), escaped(after))
        }
        None => paragraph(text),
    }
}
