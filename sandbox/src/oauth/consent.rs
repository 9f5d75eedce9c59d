//! The authorization request, checked as Atlassian checks it, and what a consent does.
//!
//! Errors are texts for the error page, in Atlassian's words where they are known.

use std::collections::{BTreeMap, BTreeSet};

use url::{Url, form_urlencoded};

use crate::mint;
use crate::state::grant::Grant;
use crate::state::seed::{App, GrantType, SeedSite, SeedUser};
use crate::state::{Code, State};

/// An authorization request (RFC 6749 §4.1.1) for which Atlassian would show the login page.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    /// One of the app's registered callbacks.
    pub(crate) redirect_uri: String,
    /// Returned to the app unchanged; `None` if the app sent none, which is not refused.
    pub(crate) state: Option<String>,
    /// At least one. Each was added to the app in the console or need not be.
    pub(crate) scopes: BTreeSet<String>,
    /// The `code_challenge` of PKCE; the method is not read.
    pub(crate) challenge: Option<String>,
}

impl AuthorizationRequest {
    /// Reads and checks a query: the client, its callback, `response_type`, then the scopes. If a
    /// parameter is repeated, the last one counts; `audience` and `prompt` may be missing.
    ///
    /// An error is the text of the error page.
    pub(crate) fn check(state: &State, query: &str) -> Result<Self, String> {
        let fields: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let app = state
            .seed
            .app(&field("client_id"))
            .ok_or("failed to retrieve client")?;
        let redirect_uri = field("redirect_uri");
        if !is_registered(app, &redirect_uri) {
            return Err("invalid redirect_uri".to_owned());
        }
        if field("response_type") != "code" {
            return Err(
                "The authorize request was incomplete or invalid: response_type must be code"
                    .to_owned(),
            );
        }
        let scopes: BTreeSet<String> = field("scope")
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect();
        check_scopes(app, &scopes, fields.contains_key("audience"))?;
        Ok(Self {
            client_id: app.client_id.clone(),
            redirect_uri,
            state: fields.get("state").cloned(),
            scopes,
            challenge: fields.get("code_challenge").cloned(),
        })
    }

    /// Whether the consent page has a site picker: any scope but `read:me` and `offline_access`
    /// needs a site.
    pub(crate) fn wants_sites(&self) -> bool {
        self.scopes
            .iter()
            .any(|scope| !matches!(scope.as_str(), "read:me" | "offline_access"))
    }

    /// The address of the callback with these parameters, and with the state if the request had one
    /// and `with_state` is set.
    fn back(&self, parameters: &[(&str, &str)], with_state: bool) -> String {
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            return self.redirect_uri.clone();
        };
        url.query_pairs_mut().extend_pairs(parameters);
        if let (Some(state), true) = (&self.state, with_state) {
            url.query_pairs_mut().append_pair("state", state);
        }
        url.into()
    }
}

/// Whether the app may be redirected to this address: it equals a registered one, or
/// [`App::any_loopback_callback`] allows it.
fn is_registered(app: &App, redirect_uri: &str) -> bool {
    if app
        .callback_urls
        .iter()
        .any(|registered| registered == redirect_uri)
    {
        return true;
    }
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    let is_loopback = matches!(
        url.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]" | "app.example.com")
    );
    app.any_loopback_callback && is_loopback && url.fragment().is_none() && url.query().is_none()
}

/// Refuses the scopes that Atlassian refuses: `openid`, `report:personal-data` alone, none at all,
/// and those that were not added to the app in the console.
fn check_scopes(app: &App, scopes: &BTreeSet<String>, has_audience: bool) -> Result<(), String> {
    if scopes.contains("openid") {
        let with = "Something went wrong";
        let without = "The authorize request was incomplete or invalid";
        return Err(if has_audience { with } else { without }.to_owned());
    }
    if scopes.len() == 1 && scopes.contains("report:personal-data") {
        return Err("Something went wrong".to_owned());
    }
    let known = |scope: &&String| {
        matches!(scope.as_str(), "offline_access" | "report:personal-data")
            || app.scopes.contains(*scope)
    };
    let missing: Vec<&str> = scopes
        .iter()
        .filter(|scope| !known(scope))
        .map(String::as_str)
        .collect();
    if missing.is_empty() && !scopes.is_empty() {
        return Ok(());
    }
    Err(format!(
        "This app has requested scopes that have not been added to the app. Configure the app at \
         https://developer.atlassian.com/apps and add the following scopes: {}",
        missing.join(" ")
    ))
}

/// The user who accepts, and the sites that they choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Approval<'a> {
    /// The key of the user in the seed.
    pub(crate) user: &'a str,
    /// The sites by name, address or cloud id; `None` chooses the first that the user can access.
    pub(crate) sites: Option<&'a [&'a str]>,
}

/// Records the consent, makes a code and returns the address to redirect to.
///
/// An error is the text of the error page; nothing is granted then.
pub(crate) fn accept(
    state: &mut State,
    request: &AuthorizationRequest,
    approval: Approval<'_>,
) -> Result<String, String> {
    let user = state
        .seed
        .user(approval.user)
        .ok_or("no such user")?
        .clone();
    may_use(state, request, &user)?;
    let app = app_of(state, request)?.clone();
    let given = Grant {
        sites: chosen_sites(state, request, &user, approval.sites)?,
        scopes: granted_scopes(state, request),
    };
    let code = Code {
        scopes: given.scopes.clone(),
        grant: state.consent(&app, &user.key, given),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        made_at: state.clock.now(),
    };
    let text = mint::code();
    state.codes.insert(text.clone(), code);
    state.issued.push(text.clone());
    Ok(request.back(&[("code", &text)], true))
}

/// The requested scopes without `report:personal-data`, which token responses never show, and
/// without those that [`Sandbox::refuse_scope`](crate::Sandbox::refuse_scope) named.
fn granted_scopes(state: &State, request: &AuthorizationRequest) -> BTreeSet<String> {
    let is_granted = |scope: &&String| {
        *scope != "report:personal-data" && !state.refused_scopes.contains(*scope)
    };
    request.scopes.iter().filter(is_granted).cloned().collect()
}

/// The address to redirect to when the user presses Cancel, with the error that Atlassian sends.
pub(crate) fn cancel(state: &State, request: &AuthorizationRequest) -> String {
    let parameters = [
        ("error", "access_denied"),
        ("error_description", "User did not authorize the request"),
    ];
    request.back(&parameters, state.knobs.state_on_cancel)
}

/// The app of a request that has been checked.
fn app_of<'a>(state: &'a State, request: &AuthorizationRequest) -> Result<&'a App, String> {
    let app = state.seed.app(&request.client_id);
    app.ok_or_else(|| "failed to retrieve client".to_owned())
}

/// Whether the consent page lets the user choose several sites, as it does for resource-level apps.
pub(crate) fn takes_several_sites(state: &State, request: &AuthorizationRequest) -> bool {
    app_of(state, request).is_ok_and(|app| state.knobs.grant_type_of(app) == GrantType::Resource)
}

/// Refuses users who may not use the app: it is private to another user, or it needs a site, the
/// user has none and [`Knobs::refuse_without_site`](crate::Knobs::refuse_without_site) is set.
pub(crate) fn may_use(
    state: &State,
    request: &AuthorizationRequest,
    user: &SeedUser,
) -> Result<(), String> {
    let app = app_of(state, request)?;
    if app
        .private_to
        .as_ref()
        .is_some_and(|owner| *owner != user.key)
    {
        return Err("This app is private: only its owner can use it.".to_owned());
    }
    if request.wants_sites() && user.sites.is_empty() && state.knobs.refuse_without_site {
        return Err("Access denied. This app requires access to a Jira & Confluence site which you don't have or \
                    don't have the permission to access."
            .to_owned());
    }
    Ok(())
}

/// The cloud ids of a consent's sites: the wanted ones, or the first that the user can access if
/// none is named.
///
/// Empty if the scopes need no site or the user has none. Refused if a wanted site is not one of
/// the user's or blocks apps.
fn chosen_sites(
    state: &State,
    request: &AuthorizationRequest,
    user: &SeedUser,
    wishes: Option<&[&str]>,
) -> Result<BTreeSet<String>, String> {
    if !request.wants_sites() {
        return Ok(BTreeSet::new());
    }
    let mut reachable = user.sites.iter().filter_map(|name| state.seed.site(name));
    let chosen: Vec<&SeedSite> = match wishes {
        None => reachable.next().into_iter().collect(),
        Some([]) if reachable.next().is_some() => return Err("choose at least one site".to_owned()),
        Some(wishes) => {
            let find = |wish: &&str| reachable.clone().find(|site| site.is_called(wish));
            let found: Option<Vec<&SeedSite>> = wishes.iter().map(find).collect();
            found.ok_or("you have no access to that site")?
        }
    };
    if let Some(site) = chosen.iter().find(|site| site.blocks_apps) {
        return Err(format!(
            "Your site admin must authorize this app for the site {} before the app can access your account.",
            site.url.trim_start_matches("https://")
        ));
    }
    Ok(chosen.iter().map(|site| site.id.clone()).collect())
}
