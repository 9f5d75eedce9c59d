//! The pages of the app.

use serde::Deserialize;
use threelo::{Site, User};

/// The home page for a visitor who is not signed in.
pub fn stranger() -> String {
    page(
        "Welcome",
        r#"<p>You are not signed in.</p>
<p><a class="button" href="/auth/login?return_to=/">Sign in with Atlassian</a></p>
<p>The <a href="/board">board</a> needs a sign-in and a site.</p>"#,
    )
}

/// The home page of a user.
pub fn welcome(user: &User) -> String {
    let name = escaped(user.name());
    let id = escaped(user.account_id().as_str());
    page(
        "Welcome",
        &format!(
            r#"<p>Signed in as <strong>{name}</strong> <small>({id})</small></p>
<p><a class="button" href="/board">Go to your board</a></p>
<p><a href="/auth/sites?return_to=/board">Choose a site</a> · <a href="/auth/me">Your profile as JSON</a></p>
{SIGN_OUT}"#
        ),
    )
}

/// The part of Jira's response that the board shows.
#[derive(Debug, Deserialize)]
pub struct Issues {
    issues: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
struct Issue {
    key: String,
    fields: Fields,
}

#[derive(Debug, Deserialize)]
struct Fields {
    summary: String,
    status: Status,
}

#[derive(Debug, Deserialize)]
struct Status {
    name: String,
}

/// The issues that Jira found.
pub fn board(user: &User, site: &Site, found: &Issues) -> String {
    let (name, site) = (escaped(user.name()), escaped(&site.name));
    let rows: String = found.issues.iter().map(row).collect();
    let list = if rows.is_empty() {
        "<p>Nothing is assigned to you here.</p>".to_owned()
    } else {
        format!("<table>\n{rows}</table>")
    };
    page(
        &format!("Board of {site}"),
        &format!(
            r#"<p>{name} works on <strong>{site}</strong>.</p>
{list}
<p><a href="/auth/sites?return_to=/board">Another site</a> · <a href="/">Home</a></p>
{SIGN_OUT}"#
        ),
    )
}

fn row(issue: &Issue) -> String {
    let Issue { key, fields } = issue;
    let cells = [key, &fields.summary, &fields.status.name].map(|text| escaped(text));
    format!(
        "<tr><th scope=\"row\">{}<td>{}<td>{}\n",
        cells[0], cells[1], cells[2]
    )
}

const SIGN_OUT: &str =
    r#"<form method="post" action="/auth/logout"><button>Sign out</button></form>"#;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
body { max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 1rem; }
th, td { text-align: left; font-weight: normal; padding: .4rem .6rem .4rem 0; border-top: 1px solid #8886; vertical-align: top; }
th, td:last-child { white-space: nowrap; }
hr { border: 0; border-top: 1px solid #8886; margin: 1.5rem 0; }
.button, button { display: inline-block; font: inherit; padding: .6rem 1.2rem; border-radius: .5rem;
  border: 1px solid; color: inherit; background: none; text-decoration: none; cursor: pointer; }";

/// A whole page; `title` and `body` are HTML.
pub fn page(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
<main>
<h1>{title}</h1>
{body}
</main>
</html>
"#
    )
}

/// Escapes text for HTML. Names come from Atlassian and may contain anything.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
