//! The pages of this app: yours will look better.

use threelo_tower::{CurrentSite, CurrentUser};

pub(crate) fn stranger() -> String {
    page(
        "Welcome",
        r#"<p>You are not signed in.</p>
<p><a class="button" href="/auth/login?return_to=/">Sign in with Atlassian</a></p>
<p>The <a href="/board">board</a> needs a sign-in and a site.</p>"#,
    )
}

pub(crate) fn welcome(user: &CurrentUser) -> String {
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

pub(crate) fn board(user: &CurrentUser, site: &CurrentSite) -> String {
    let (name, site) = (escaped(user.name()), escaped(&site.name));
    page(
        &format!("Board of {site}"),
        &format!(
            r#"<p>{name} works on <strong>{site}</strong>.</p>
<p><a href="/auth/sites?return_to=/board">Another site</a> · <a href="/">Home</a></p>
{SIGN_OUT}"#
        ),
    )
}

const SIGN_OUT: &str =
    r#"<form method="post" action="/auth/logout"><button>Sign out</button></form>"#;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
body { max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
.button, button { display: inline-block; font: inherit; padding: .6rem 1.2rem; border-radius: .5rem;
  border: 1px solid; color: inherit; background: none; text-decoration: none; cursor: pointer; }";

fn page(title: &str, body: &str) -> String {
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

/// Names come from Atlassian and may hold anything.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
