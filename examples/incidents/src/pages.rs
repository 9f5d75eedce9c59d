//! The pages of the app, in the style of the quick starts.

use quickstart::pages::{escaped, page};
use threelo::ConnectedAccounts;

use crate::desk::Incident;
use crate::users::{USERS, User};

/// The login page of the app, one button for each user; `return_to` is where the visitor was going.
pub(crate) fn login(return_to: &str) -> String {
    let button =
        |User { id, name }| format!("<button name=\"user\" value=\"{id}\">{name}</button>\n");
    let buttons = USERS.map(button).concat();
    page(
        "Sign in to Incidents",
        &format!(
            r#"<p>Who are you? This is a demo, so there is no password.</p>
<form method="post" action="/login">
<input type="hidden" name="return_to" value="{}">
{buttons}</form>"#,
            escaped(return_to)
        ),
    )
}

/// The home page of a user.
pub(crate) fn home(connections: &ConnectedAccounts, incidents: &[Incident]) -> String {
    let id = connections.subject().as_str();
    let user = USERS.iter().find(|user| user.id == id);
    let name = escaped(user.map_or(id, |user| user.name));
    let jira = jira(connections);
    let incidents: String = incidents
        .iter()
        .enumerate()
        .map(|(number, incident)| section(number, incident))
        .collect();
    page(
        "Incidents",
        &format!(
            r#"<p>Signed in as <strong>{name}</strong>.</p>
{jira}
{incidents}<hr>
<form method="post" action="/logout"><p><a href="/auth/connections">Connected accounts</a></p><button>Sign out</button></form>
{ASK_AGAIN}"#,
        ),
    )
}

/// Names the account whose Jira receives the incidents, so that users see it before they file one.
fn jira(connections: &ConnectedAccounts) -> String {
    let names = connections.iter().map(|one| escaped(one.name()));
    let names = names.collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return CONNECT.to_owned();
    }
    format!("<p>Incidents are filed in the Jira of <strong>{names}</strong>.</p>")
}

/// For Chrome's back button `no-store` is not enough: this script makes a page that Chrome restores load again, and after a
/// sign-out there is nothing to see.
const ASK_AGAIN: &str =
    "<script>onpageshow = event => event.persisted && location.reload()</script>";

const CONNECT: &str = r#"<form method="post" action="/auth/connect">
<input type="hidden" name="return_to" value="/">
<p>No Jira is connected. Incidents are kept in this app only.</p>
<button>Connect Jira</button>
</form>"#;

fn section(number: usize, incident: &Incident) -> String {
    let state = match &incident.filed {
        Some(filed) => format!(
            "<p>Filed as <strong>{}</strong> at {}</p>",
            escaped(&filed.key),
            escaped(&filed.site)
        ),
        None => format!(
            "<form method=\"post\" action=\"/incidents/{number}/file\"><button>File in Jira</button></form>"
        ),
    };
    let [title, confidential] = [&incident.title, &incident.confidential].map(|text| escaped(text));
    format!("<section><h2>{title}</h2><p>{confidential}</p>{state}</section>\n")
}
