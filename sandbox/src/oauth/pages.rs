//! The sandbox's pages: plain forms that work without JavaScript and do not look like Atlassian's
//! own.
//!
//! Every text that comes from the seed or the request is escaped.

use crate::oauth::consent::{self, AuthorizationRequest};
use crate::state::State;
use crate::state::seed::SeedUser;

/// The style sheet of all pages, light or dark by the browser's preference.
const STYLE: &str = "
:root { color-scheme: light dark; --back: #f4f1ea; --card: #fffdf8; --ink: #2b2620; --dim: #6b6257; --line: #d8cfc0;
  --act: #7a3e12; --on-act: #ffffff; font: 1rem/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --back: #1c1a17; --card: #27241f; --ink: #f1ebe1; --dim: #b5ab9c;
  --line: #474137; --act: #f0b27a; --on-act: #26190c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); }
.note { margin: 0; background: repeating-linear-gradient(45deg, #e8b04a 0 12px, #dca43d 12px 24px); color: #231a07; padding: .4rem 1rem;
  text-align: center; font-weight: 600; }
main { max-width: 30rem; margin: 2rem auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p, ul { margin: .5rem 0; } ul { padding-left: 1.25rem; } .dim { color: var(--dim); }
fieldset { border: 0; margin: 1.25rem 0 0; padding: 0; } legend { font-weight: 600; padding: 0; }
label { display: flex; gap: .75rem; align-items: center; padding: .6rem .75rem; margin-top: .5rem; min-height: 44px;
  border: 1px solid var(--line); border-radius: .5rem; cursor: pointer; overflow-wrap: anywhere; }
button { font: inherit; min-height: 44px; padding: .5rem 1.25rem; border-radius: .5rem; border: 1px solid var(--line);
  background: none; color: inherit; cursor: pointer; }
button.main { background: var(--act); color: var(--on-act); border-color: var(--act); font-weight: 600; }
button.person { display: flex; width: 100%; gap: .75rem; align-items: center; text-align: left; margin-top: .5rem; }
.face { flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; background: var(--act); color: var(--on-act);
  display: grid; place-items: center; font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
@media (max-width: 34rem) { main { margin: 0; border: 0; border-radius: 0; min-height: 100vh; } }";

/// The page at `/`: what the sandbox is, and the names of its users.
pub(crate) fn index(state: &State) -> String {
    let users: String = state
        .seed
        .users
        .iter()
        .map(|user| format!("<li>{}</li>", escaped(user.name())))
        .collect();
    let body = format!(
        "<p>This is a local stand-in for Atlassian's authorization server and a few of its APIs.</p>\
         <p>Start a login in your app; you can sign in here as:</p><ul>{users}</ul>"
    );
    page("Sandbox", &body)
}

/// The login page: one button for each user, which posts `request` and `user`.
pub(crate) fn login(state: &State, request: &AuthorizationRequest, query: &str) -> String {
    let app = app_name(state, request);
    let people: String = state.seed.users.iter().map(person).collect();
    let body = format!(
        "<p>to continue to <strong>{app}</strong>. No password is needed here.</p>\
         <form method=\"post\" action=\"/authorize/user\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\">{people}</form>",
        escaped(query)
    );
    page("Log in as one of these people", &body)
}

/// The button of a user, with the names of their sites.
fn person(user: &SeedUser) -> String {
    let name = escaped(user.name());
    let initial: String = user.name().chars().take(1).collect();
    let sites = match user.sites.as_slice() {
        [] => "no sites".to_owned(),
        sites => escaped(&sites.join(", ")),
    };
    format!(
        "<button class=\"person\" name=\"user\" value=\"{}\"><span class=\"face\" aria-hidden=\"true\">{}</span>\
         <span>{name}<br><span class=\"dim\">{sites}</span></span></button>",
        escaped(&user.key),
        escaped(&initial)
    )
}

/// The consent page: scopes, sites, and the buttons Accept and Cancel, which post `decision`.
pub(crate) fn consent(
    state: &State,
    request: &AuthorizationRequest,
    user: &SeedUser,
    query: &str,
) -> String {
    let app = app_name(state, request);
    let body = format!(
        "<p class=\"dim\">You are {}.</p>{}\
         <form method=\"post\" action=\"/authorize/consent\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\"><input type=\"hidden\" name=\"user\" value=\"{}\">{}\
         <div class=\"row\"><button class=\"main\" name=\"decision\" value=\"accept\">Accept</button>\
         <button name=\"decision\" value=\"cancel\">Cancel</button></div></form>",
        escaped(user.name()),
        scope_list(request),
        escaped(query),
        escaped(&user.key),
        site_picker(state, request, user)
    );
    page(&format!("{app} asks for access to your account"), &body)
}

/// The requested scopes, grouped by product.
fn scope_list(request: &AuthorizationRequest) -> String {
    let product = |scope: &str| match scope {
        scope if scope.contains("jira") => "Jira",
        scope if scope.contains("confluence") => "Confluence",
        _ => "Your account",
    };
    let mut list = String::new();
    for group in ["Your account", "Jira", "Confluence"] {
        let scopes = request
            .scopes
            .iter()
            .filter(|scope| product(scope) == group);
        let entries: String = scopes
            .map(|scope| format!("<li><code>{}</code></li>", escaped(scope)))
            .collect();
        if !entries.is_empty() {
            list.push_str(&format!("<h2>{group}</h2><ul>{entries}</ul>"));
        }
    }
    list
}

/// The user's sites, as checkboxes for resource-level apps and as radio buttons for others; the
/// first is preselected.
fn site_picker(state: &State, request: &AuthorizationRequest, user: &SeedUser) -> String {
    if !request.wants_sites() {
        return String::new();
    }
    let sites = user
        .sites
        .iter()
        .filter_map(|name| state.seed.site(name))
        .enumerate();
    let kind = if consent::takes_several_sites(state, request) {
        "checkbox"
    } else {
        "radio"
    };
    let choices: String = sites
        .map(|(index, site)| {
            let checked = if index == 0 { " checked" } else { "" };
            let host = site.url.trim_start_matches("https://");
            format!(
                "<label><input type=\"{kind}\" name=\"site\" value=\"{}\"{checked}><span>{}<br>\
                 <span class=\"dim\">{}</span></span></label>",
                escaped(&site.id),
                escaped(&site.name),
                escaped(host)
            )
        })
        .collect();
    if choices.is_empty() {
        return "<p>You have no site: the app will reach none.</p>".to_owned();
    }
    format!("<fieldset><legend>Use app on</legend>{choices}</fieldset>")
}

/// The error page with this text.
pub(crate) fn stranded(text: &str) -> String {
    page("Something went wrong", &format!("<p>{}</p>", escaped(text)))
}

/// The escaped name of the app that sent the request.
fn app_name(state: &State, request: &AuthorizationRequest) -> String {
    escaped(
        state
            .seed
            .app(&request.client_id)
            .map_or("", |app| app.name.as_str()),
    )
}

/// A complete page; the title and the body must be HTML already.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} · Sandbox</title>\
         <style>{STYLE}</style></head>\n<body><p class=\"note\" role=\"note\">Sandbox: a stand-in, not Atlassian</p>\
         <main><h1>{title}</h1>{body}</main></body></html>\n"
    )
}

/// Escapes a text for HTML, including for attributes in quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
