//! Values that look right and are not, and what to do.

/// What is wrong with a scope, if anything (RFC 6749 section 3.3 for the characters, docs/protocol.md section 8 for the
/// names).
pub(crate) fn scope_remedy(scope: &str) -> Option<&'static str> {
    match scope {
        "" => Some("an empty scope asks for nothing: leave it out"),
        "openid" | "profile" | "email" => Some(
            "Atlassian's 3LO has no OpenID Connect scopes and shows an error page for them; read:me gives the profile",
        ),
        "report:personal-data" => Some(
            "Atlassian never grants it (ECO-533); leave it out: any token of the app may report",
        ),
        text if !text.bytes().all(is_of_scope) => Some(
            "give the plain names of scopes, without commas, quotes, + and %20 between them: read:jira-work read:jira-user as a \
             variable, [\"read:jira-work\", \"read:jira-user\"] in the builder",
        ),
        _ => None,
    }
}

/// Whether a character may be in the name of a scope. RFC 6749 section 3.3 allows more, but what is left out here stands between
/// the names in lists that were written for something else.
fn is_of_scope(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`\\,;+%".contains(&byte)
}

/// The remedy for quotes that belong to the syntax of a shell, and were read as a part of the value.
pub(crate) const WITHOUT_QUOTES: &str =
    "leave the quotes out: what reads this variable does not take them away";

/// Whether a value begins or ends with a quote. No value of Atlassian's does.
pub(crate) fn is_quoted(text: &str) -> bool {
    text.starts_with(['"', '\'']) || text.ends_with(['"', '\''])
}
