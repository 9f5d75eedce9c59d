//! The pages behind `/authorize`: log in, consent, and return to the app.
//!
//! No state is kept between the pages: each form carries the query of the authorization request,
//! and every step checks it again.

use std::collections::BTreeMap;

use http::{Response, StatusCode, header};

use crate::oauth::consent::{self, Approval, AuthorizationRequest};
use crate::oauth::pages;
use crate::state::State;

/// `GET /authorize`: the login page, or the error page with 400 if the request is invalid.
pub(crate) fn login(state: &State, query: &str) -> Response<String> {
    match AuthorizationRequest::check(state, query) {
        Ok(request) => page(StatusCode::OK, pages::login(state, &request, query)),
        Err(text) => stranded(&text),
    }
}

/// `POST /authorize/user`: the consent page for the fields `request` (the query) and `user` (the
/// key), or the error page.
pub(crate) fn chosen_user(state: &State, form: &BTreeMap<String, String>) -> Response<String> {
    let query = form.get("request").map_or("", String::as_str);
    let request = match AuthorizationRequest::check(state, query) {
        Ok(request) => request,
        Err(text) => return stranded(&text),
    };
    let Some(user) = form.get("user").and_then(|key| state.seed.user(key)) else {
        return stranded("Choose one of the accounts.");
    };
    match consent::may_use(state, &request, user) {
        Ok(()) => page(StatusCode::OK, pages::consent(state, &request, user, query)),
        Err(text) => stranded(&text),
    }
}

/// `POST /authorize/consent`: redirects to the app, with an error if the field `decision` is
/// `cancel`, otherwise with a code.
///
/// `sites` holds the values of all `site` fields. The error page is shown if the consent is
/// refused.
pub(crate) fn decided(
    state: &mut State,
    form: &BTreeMap<String, String>,
    sites: &[String],
) -> Response<String> {
    let request =
        match AuthorizationRequest::check(state, form.get("request").map_or("", String::as_str)) {
            Ok(request) => request,
            Err(text) => return stranded(&text),
        };
    if form
        .get("decision")
        .is_some_and(|decision| decision == "cancel")
    {
        return back(&consent::cancel(state, &request));
    }
    let sites: Vec<&str> = sites.iter().map(String::as_str).collect();
    // With checkboxes the user can also choose no site at all.
    let has_chosen = !sites.is_empty() || consent::takes_several_sites(state, &request);
    let approval = Approval {
        user: form.get("user").map_or("", String::as_str),
        sites: has_chosen.then_some(sites.as_slice()),
    };
    match consent::accept(state, &request, approval) {
        Ok(location) => back(&location),
        Err(text) => stranded(&text),
    }
}

/// Atlassian's own error page: 400 without a redirect, as required when the callback may not be the
/// app's (RFC 6749 §4.1.2.1).
fn stranded(text: &str) -> Response<String> {
    page(StatusCode::BAD_REQUEST, pages::stranded(text))
}

/// A redirect with 302 to the app's callback.
fn back(location: &str) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = header::HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// An HTML page that browsers do not store.
fn page(status: StatusCode, html: String) -> Response<String> {
    let mut response = Response::new(html);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}
