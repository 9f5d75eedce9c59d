//! Parameters that take a tuple apart.

use super::source::{Source, Token, after_group, code};

/// The functions with a parameter such as `(a, b): (A, B)` or `&(a, b): &(A, B)`.
pub(super) fn tuple_patterns(sources: &[Source]) -> Vec<String> {
    sources.iter().flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<String> {
    let code = code(&source.text);
    let functions = code.tokens.windows(2).enumerate();
    functions
        .filter(|(_, pair)| pair[0].is("fn") && pair[1].is_word())
        .filter(|(at, _)| takes_a_tuple_apart(&code.tokens[at + 2..]))
        .map(|(_, pair)| format!("{}:{} `{}`", source.path, pair[1].line, pair[1].text))
        .collect()
}

/// `tokens` follow the name of a function.
fn takes_a_tuple_apart(tokens: &[Token]) -> bool {
    let Some(open) = first_parenthesis(tokens) else {
        return false;
    };
    let end = after_group(tokens, open) - 1;
    let mut start = open + 1;
    while start < end {
        start = after_attributes(tokens, start);
        let pattern = tokens[start..end]
            .iter()
            .find(|token| !token.is("&") && !token.is("mut"));
        if pattern.is_some_and(|token| token.is("(")) {
            return true;
        }
        start = after_parameter(tokens, start, end);
    }
    false
}

/// The list of generic parameters may have parentheses of its own: `fn f<F: Fn(u8)>(..)`.
fn first_parenthesis(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            "(" if depth == 0 => return Some(at),
            "{" | ";" => return None,
            _ => {}
        }
    }
    None
}

fn after_attributes(tokens: &[Token], mut at: usize) -> usize {
    while tokens.get(at).is_some_and(|token| token.is("#")) {
        at = after_group(tokens, at + 1);
    }
    at
}

/// After the comma that ends a parameter, or at the end of the list.
fn after_parameter(tokens: &[Token], mut at: usize, end: usize) -> usize {
    let mut angles = 0_usize;
    while at < end {
        match tokens[at].text.as_str() {
            "," if angles == 0 => return at + 1,
            "(" | "[" | "{" => {
                at = after_group(tokens, at);
                continue;
            }
            "<" => angles += 1,
            ">" => angles = angles.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    end
}
