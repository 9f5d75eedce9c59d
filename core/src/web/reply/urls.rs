//! What replies of ours have in common.

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use url::form_urlencoded;

use crate::config::Mode;
use crate::error::Reason;
use crate::message::Reply;
use crate::pages::Page;
use crate::return_to::ReturnTo;
use crate::session::Handoff;
use crate::web::request::Context;
use crate::web::state::Web;

/// Where a visitor stands, and in connect mode with which account, if that is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// The place to come back to.
    pub here: Option<&'a ReturnTo>,
    /// The account that they work with.
    pub account: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// A place, with whatever account.
    pub(crate) fn at(here: Option<&'a ReturnTo>) -> Self {
        Self {
            here,
            account: None,
        }
    }
}

impl Web {
    /// A page of ours. Referrers stay inside the site, so that our forms still send their `Origin`.
    pub(crate) fn page(&self, status: StatusCode, page: &Page<'_>) -> Reply {
        // Chrome holds redirects against form-action, so only pages whose forms stay with us name it.
        let policy = match page {
            Page::Picker { .. } | Page::Logout { .. } | Page::Disconnect { .. } => {
                format!("{}; form-action {}", self.policy, self.form_targets())
            }
            _ => self.policy.clone(),
        };
        Reply::new(status)
            .body("text/html; charset=utf-8", self.pages.render(page))
            .computed(CONTENT_SECURITY_POLICY, &policy)
            .header(X_FRAME_OPTIONS, "DENY")
            .header(REFERRER_POLICY, "same-origin")
    }

    fn form_targets(&self) -> String {
        let mut targets = String::from("'self'");
        for origin in &self.ports.config.return_origins {
            targets.push(' ');
            targets.push_str(&crate::environment::origin_text(origin));
        }
        targets
    }

    /// The public address of a route with parameters.
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

    /// An address of ours as who asks must write it: a page of another origin needs the whole.
    pub(crate) fn seen_from(&self, context: &Context, url: String) -> String {
        match &context.origin {
            Some(_) if url.starts_with('/') => format!("{}{url}", self.origin),
            _ => url,
        }
    }

    /// The address that starts a login and comes back to `here`.
    pub(crate) fn login_url(&self, here: Option<&ReturnTo>) -> String {
        match here {
            Some(here) => self.route("login", &[("return_to", here.as_str())]),
            None => self.route("login", &[]),
        }
    }

    /// The address that asks an account that is known already for more: scopes, a site, or just a new consent. Another
    /// account that comes back changes nothing. In connect mode it is the page with the button that starts it.
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

    /// The address that signs a visitor in; in connect mode the app's own, if it says where.
    pub(crate) fn sign_in_url(&self, here: Option<&ReturnTo>) -> Option<String> {
        let Mode::Connect { login, .. } = &self.ports.config.mode else {
            return Some(self.login_url(here));
        };
        let login = login.as_deref()?;
        let Some(here) = here else {
            return Some(login.to_owned());
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", here.as_str())
            .finish();
        let gap = if login.contains('?') { '&' } else { '?' };
        Some(format!("{login}{gap}{query}"))
    }

    /// The address that starts again what came to nothing.
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

    /// The address of the page that says what happened.
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

/// The parameters of a login that a page of another origin waits for.
pub(crate) fn waiting_parameters(waiting: &Handoff) -> Vec<(&'static str, &str)> {
    let mut parameters = vec![("origin", waiting.origin.as_str())];
    parameters.extend(waiting.challenge.as_deref().map(|text| ("challenge", text)));
    parameters.extend(waiting.popup.then_some(("display", "popup")));
    parameters
}
