//! Pages with their headers, and the addresses of routes.
//!
//! Addresses are public paths below the mount path, and parameters are encoded: no text of a
//! request can add a parameter, let alone a header field (docs/attacks.md T139).

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use url::form_urlencoded;

use crate::config::Mode;
use crate::error::Reason;
use crate::message::Reply;
use crate::pages::{Page, PageContext};
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::session::Handoff;
use crate::web::request::Context;
use crate::web::state::Web;

/// Where a visitor is, and in connect mode with which account, if that is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// The place to come back to.
    pub here: Option<&'a ReturnTo>,
    /// The account id that the visitor works with. In sign-in mode it is not used.
    pub account: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// A place without an account.
    pub(crate) fn at(here: Option<&'a ReturnTo>) -> Self {
        Self {
            here,
            account: None,
        }
    }
}

impl Web {
    /// Renders a page and adds its headers: the policy, no frames (docs/attacks.md T136), and
    /// `Referrer-Policy: same-origin`. Under `no-referrer` browsers would send `Origin: null` with
    /// the forms of the page, which proves nothing (T132).
    ///
    /// Only pages whose forms stay with the app name `form-action`: Chromium applies it to the
    /// redirects that follow a form, and would stop those that lead to Atlassian (T137).
    ///
    /// The page for sign-ins inside a frame must be seen there: it has one link, and shows nothing of the visitor's
    /// (docs/decisions/0089).
    pub(crate) fn page(&self, status: StatusCode, page: &Page<'_>, context: &Context) -> Reply {
        let visit = PageContext::new(context.language.as_deref(), &context.target);
        let policy = match page {
            Page::Picker { .. } | Page::Logout { .. } | Page::Disconnect { .. } => {
                format!("{}; form-action {}", self.policy, self.form_targets())
            }
            Page::OwnWindow { .. } => self.framed_policy.clone(),
            _ => self.policy.clone(),
        };
        let reply = Reply::new(status)
            .body("text/html; charset=utf-8", self.pages.render(page, &visit))
            .computed(CONTENT_SECURITY_POLICY, &policy)
            .header(REFERRER_POLICY, "same-origin");
        match page {
            Page::OwnWindow { .. } => reply,
            _ => reply.header(X_FRAME_OPTIONS, "DENY"),
        }
    }

    /// The `form-action` of a page: the app itself, and the listed origins that its routes may
    /// redirect to.
    fn form_targets(&self) -> String {
        let mut targets = String::from("'self'");
        for origin in &self.ports.config.return_origins {
            targets.push(' ');
            targets.push_str(&crate::environment::origin_text(origin));
        }
        targets
    }

    /// Returns the public path of a route with parameters, encoded.
    pub(crate) fn route(&self, name: &str, parameters: &[(&str, &str)]) -> String {
        let path = self.ports.config.route(name);
        if parameters.is_empty() {
            return path;
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        format!("{path}?{query}")
    }

    /// Returns an address as the client must write it: for a listed origin the whole address, for
    /// the app's own pages the path.
    pub(crate) fn seen_from(&self, context: &Context, url: String) -> String {
        match &context.origin {
            Some(_) if url.starts_with('/') => format!("{}{url}", self.origin),
            _ => url,
        }
    }

    /// Returns a path as an address of the public URL, for a visitor who came by another name, which is logged.
    pub(crate) fn at_public_url(&self, name: &str, path: &str) -> String {
        let name: String = name.chars().take(128).collect();
        tracing::info!(target: "threelo", name = ?name, public_url = self.origin, "a login was begun at another name of the app, and is sent to the public URL");
        format!("{}{path}", self.origin)
    }

    /// Returns the address that starts a login and comes back to `here`. Sign-in mode only.
    pub(crate) fn login_url(&self, here: Option<&ReturnTo>) -> String {
        match here {
            Some(here) => self.route("login", &[("return_to", here.as_str())]),
            None => self.route("login", &[]),
        }
    }

    /// Returns the address that asks an account that is known already for more: scopes, a site, or
    /// a new consent (`more` has the parameters).
    ///
    /// In sign-in mode it is a login that only the same account may finish (docs/decisions/0023).
    /// In connect mode it is the page with the button that starts the flow (0034).
    pub(crate) fn more_url(&self, more: &[(&str, &str)], place: Place<'_>) -> String {
        let Place { here, account } = place;
        let is_connect = self.ports.config.mode.is_connect();
        let mut parameters = more.to_vec();
        parameters.extend(here.map(|here| ("return_to", here.as_str())));
        if is_connect {
            parameters.extend(account.map(|account| ("account", account)));
            return self.route("connections", &parameters);
        }
        parameters.push(("account", "same"));
        self.route("login", &parameters)
    }

    /// Returns the address that signs a visitor in. In connect mode it is the app's own login page,
    /// with the place to come back to; `None` if the app does not say where that is.
    pub(crate) fn sign_in_url(&self, here: Option<&ReturnTo>) -> Option<String> {
        let Mode::Connect {
            login,
            login_parameter,
            ..
        } = &self.ports.config.mode
        else {
            return Some(self.login_url(here));
        };
        let login = login.as_deref()?;
        let Some(here) = here else {
            return Some(login.to_owned());
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair(login_parameter, here.as_str())
            .finish();
        let gap = if login.contains('?') { '&' } else { '?' };
        Some(format!("{login}{gap}{query}"))
    }

    /// Returns the address that starts a failed login again: with the same return target, and for
    /// the same page of another origin that waits for its end.
    pub(crate) fn again_url(&self, here: Option<&ReturnTo>, waiting: Option<&Handoff>) -> String {
        let mut parameters = waiting.map(waiting_parameters).unwrap_or_default();
        match self.ports.config.mode {
            Mode::SignIn => {
                parameters.extend(here.map(|here| ("return_to", here.as_str())));
                self.route("login", &parameters)
            }
            Mode::Connect { .. } => self.more_url(&parameters, Place::at(here)),
        }
    }

    /// Returns the address of the error page. Its parameters are a reason of the closed list, a
    /// return target that passed the rules, and what [`waiting_parameters`] gives; never a code, a
    /// state or a text of Atlassian's (docs/attacks.md T133, T135).
    pub(crate) fn error_url(
        &self,
        reason: Reason,
        return_to: Option<&ReturnTo>,
        waiting: Option<&Handoff>,
    ) -> String {
        let mut parameters = vec![("reason", reason.as_str())];
        parameters.extend(return_to.map(|place| ("return_to", place.as_str())));
        parameters.extend(waiting.map(waiting_parameters).unwrap_or_default());
        self.route("error", &parameters)
    }
}

/// Returns the parameters of a login whose end a page of another origin waits for. They are not
/// secret: the challenge is a hash.
pub(crate) fn waiting_parameters(waiting: &Handoff) -> Vec<(&'static str, &str)> {
    let mut parameters = vec![("origin", waiting.origin.as_str())];
    parameters.extend(waiting.challenge.as_deref().map(|text| ("challenge", text)));
    parameters.extend(waiting.popup.then_some(("display", "popup")));
    parameters
}

/// Returns the address that asks for the missing scopes. If Atlassian refused a call without saying
/// what is missing, it asks for all optional scopes of the app.
pub(crate) fn step_up_url(web: &Web, missing: &Scopes, place: Place<'_>) -> String {
    let offered = &web.ports.config.optional_scopes;
    let scopes = if missing.is_empty() { offered } else { missing }.to_string();
    web.more_url(&[("scope", &scopes)], place)
}

/// Returns the address of the picker; in connect mode that of the account, if it is known.
pub(crate) fn picker_url(web: &Web, place: Place<'_>) -> String {
    let Place { here, account } = place;
    let here = here.map(|here| ("return_to", here.as_str()));
    let account = account.filter(|_| web.ports.config.mode.is_connect());
    let account = account.map(|account| ("account", account));
    let parameters: Vec<(&str, &str)> = here.into_iter().chain(account).collect();
    web.route("sites", &parameters)
}
