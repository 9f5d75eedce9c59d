//! Sources as the checks read them: text, and the words and marks of it.

use std::fs;
use std::path::Path;

/// A file: its path from the root of the repository, and what it says.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The text without its tests.
    pub(super) fn code(&self) -> &str {
        let parts = self.text.split_once("\n#[cfg(test)]\nmod tests");
        parts.map_or(&self.text, |(code, _tests)| code)
    }

    /// The path below a folder such as `core/src`.
    pub(super) fn below(&self, folder: &str) -> &str {
        let rest = self.path.strip_prefix(folder).unwrap_or(&self.path);
        rest.trim_start_matches('/')
    }
}

/// The sources of a folder of this repository, and of the folders in it.
pub(super) fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            found.extend(sources(&path));
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            found.push(Source { path, text });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

pub(super) fn root() -> &'static Path {
    const TESTS: &str = env!("CARGO_MANIFEST_DIR");
    Path::new(TESTS).parent().unwrap()
}

/// A word (a name, a keyword), a mark (`::`, `->`, `=>`, `..` and single characters), or a literal, of which only the
/// first character is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(super) fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// The tokens of a text; comments, docs included, are left out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = match comment(rest) {
            0 => literal(rest),
            length => length,
        };
        let (taken, kept) = match length {
            0 if is_name(first) => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                (end, Some(&rest[..end]))
            }
            0 if ["::", "->", "=>", ".."]
                .iter()
                .any(|mark| rest.starts_with(mark)) =>
            {
                (2, Some(&rest[..2]))
            }
            0 if first.is_whitespace() => (first.len_utf8(), None),
            0 => (first.len_utf8(), Some(&rest[..first.len_utf8()])),
            length if rest.starts_with('/') => (length, None),
            length => (
                length,
                Some(if rest.starts_with('\'') { "'" } else { "\"" }),
            ),
        };
        tokens.extend(kept.map(|text| Token {
            text: text.to_owned(),
            line,
        }));
        line += rest[..taken].matches('\n').count();
        rest = &rest[taken..];
    }
    tokens
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the comment with which a text begins, or 0.
fn comment(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if !text.starts_with("/*") {
        return 0;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let (step, deeper) = match rest {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += deeper;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of the string, character or lifetime with which a text begins, or 0.
fn literal(text: &str) -> usize {
    let body = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - body.len();
    if prefix > 1 {
        return 0;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let Some(inside) = raw[hashes..].strip_prefix('"') else {
            return 0;
        };
        let start = text.len() - inside.len();
        return inside
            .find(&end)
            .map_or(text.len(), |at| start + at + end.len());
    }
    match body.chars().next() {
        Some('"') => prefix + quoted(body, '"'),
        Some('\'') => prefix + character(body),
        _ => 0,
    }
}

/// The length of what stands between two quotes, these included; a backslash takes the next character with it.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character such as `'a'` and `'\''`, or a lifetime such as `'a`.
fn character(text: &str) -> usize {
    let mut inside = text[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(text, '\''),
        _ => 1 + text[1..].find(|c| !is_name(c)).unwrap_or(text.len() - 1),
    }
}

/// Where the group that opens at `open` ends: the place after its closing bracket.
pub(super) fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Code without what is compiled for tests only.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) tokens: Vec<Token>,
    /// The modules in files of their own that are compiled for tests only.
    pub(super) test_modules: Vec<String>,
}

/// The tokens of a text without the items marked `#[cfg(test)]`.
pub(super) fn code(text: &str) -> Code {
    let tokens = tokens(text);
    let mut code = Code {
        tokens: Vec::new(),
        test_modules: Vec::new(),
    };
    let mut at = 0;
    while at < tokens.len() {
        if !is_test_only(&tokens[at..]) {
            code.tokens.push(tokens[at].clone());
            at += 1;
            continue;
        }
        while tokens.get(at).is_some_and(|token| token.is("#")) {
            at = after_group(&tokens, at + 1);
        }
        let end = end_of_item(&tokens, at);
        let item = &tokens[at..end];
        let name = item.iter().skip_while(|token| !token.is("mod")).nth(1);
        if item.last().is_some_and(|last| last.is(";")) {
            code.test_modules.extend(name.map(|name| name.text.clone()));
        }
        at = end;
    }
    code
}

fn is_test_only(tokens: &[Token]) -> bool {
    let begins = |with: &[&str]| {
        tokens.len() >= with.len() && tokens.iter().zip(with).all(|(token, text)| token.is(text))
    };
    begins(&["#", "[", "cfg", "(", "test", ")"])
        || begins(&["#", "[", "cfg", "(", "all", "(", "test", ","])
}

/// After the `;` or the body that ends an item.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            ";" | "," => return at + 1,
            "{" => return after_group(tokens, at),
            "(" | "[" => at = after_group(tokens, at),
            _ => at += 1,
        }
    }
    tokens.len()
}
