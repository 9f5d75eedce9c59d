//! The start of a flow.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use url::Url;

use crate::crypto::random;
use crate::error::Rejection;
use crate::flow::state_cookie::{self, Flow, FlowCookie};
use crate::ids::{AccountId, FlowState, Subject};
use crate::message::cookie::SetCookie;
use crate::ports::{FlowDetails, Ports};
use crate::provider::authorization::AuthorizationRequest;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::CodeVerifier;
use crate::session::Handoff;

const TOO_LARGE: &str =
    "the flow details do not fit: keep them under about 1.2 KB of JSON and store the rest";

/// A login on its way to start: where to return, what to remember, what to ask for.
///
/// Adapters make it a responder, so that any handler can start a flow:
///
/// ```
/// use threelo::LoginRequest;
///
/// let login = LoginRequest::new().return_to("/board").details(&"ticket 17").scopes(["write:jira-work"]);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct LoginRequest {
    return_to: Option<String>,
    details: Option<FlowDetails>,
    broken: bool,
    scopes: Vec<String>,
    site: Option<String>,
    account: Option<AccountId>,
    remember: bool,
    handoff: Option<Handoff>,
}

impl LoginRequest {
    /// A login that returns to the default place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to return. What is not a place of this app becomes the default target.
    pub fn return_to(mut self, place: impl Into<String>) -> Self {
        self.return_to = Some(place.into());
        self
    }

    /// What to remember, about 1.2 KB of JSON at most; more makes the login fail with a 500 that says so.
    pub fn details(mut self, details: &impl Serialize) -> Self {
        match FlowDetails::of(details) {
            Ok(details) => self.details = Some(details),
            Err(_) => self.broken = true,
        }
        self
    }

    /// Scopes to ask for besides the configured ones.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// The site that the visitor wishes to add: its address, host or cloud id.
    pub fn site(mut self, site: impl Into<String>) -> Self {
        self.site = Some(site.into());
        self
    }

    /// The only account that may come back. If the visitor chooses another one at Atlassian, nothing changes and a page
    /// says so: for more scopes, another site or a new consent of somebody who is known already.
    pub fn account(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    /// Lets the session live for longer, as the builder's `remember` has it; without that it changes nothing.
    pub fn remember(mut self, remember: bool) -> Self {
        self.remember = remember;
        self
    }

    /// Who waits for the end, on another origin.
    pub(crate) fn handoff(mut self, handoff: Option<Handoff>) -> Self {
        self.handoff = handoff;
        self
    }
}

/// What a login asks for, as parameters of an address. The app's details are not among them.
pub(crate) struct LoginParameters {
    /// Where to return, unchecked.
    pub return_to: Option<String>,
    /// `scope`, `site` and `account`.
    pub parameters: Vec<(&'static str, String)>,
}

impl LoginRequest {
    pub(crate) fn parameters(&self) -> LoginParameters {
        let scopes = (!self.scopes.is_empty()).then(|| self.scopes.join(" "));
        let account = self.account.as_ref().map(AccountId::to_string);
        let parameters = [
            ("scope", scopes),
            ("site", self.site.clone()),
            ("account", account),
        ];
        let there = |(name, value): (&'static str, Option<String>)| Some((name, value?));
        LoginParameters {
            return_to: self.return_to.clone(),
            parameters: parameters.into_iter().filter_map(there).collect(),
        }
    }
}

/// A started flow: send the browser to `location` with these cookies.
#[derive(Debug)]
pub(crate) struct Started {
    /// The address at Atlassian.
    pub location: Url,
    /// The flow's cookie, and removals of the oldest ones.
    pub cookies: Vec<SetCookie>,
}

/// Starts a flow.
///
/// # Errors
///
/// [`Rejection::Login`] for details that do not fit; [`Rejection::NoRandomness`].
pub(crate) fn start(
    ports: &Ports,
    login: &LoginRequest,
    cookies: &[FlowCookie],
    subject: Option<&Subject>,
) -> Result<Started, Rejection> {
    if login.broken {
        return Err(Rejection::Login(
            "the flow details cannot be written as JSON",
        ));
    }
    let state = FlowState::from_bytes(random()?);
    let verifier = CodeVerifier::new(URL_SAFE_NO_PAD.encode(random::<32>()?));
    let plaintext = plaintext(ports, login, subject, &verifier)?;
    let cookie = state_cookie::seal(ports, &state, &plaintext)?;

    let scopes = scopes(ports, login);
    let request = AuthorizationRequest {
        state: &state.encode(),
        scopes: &scopes,
        verifier: &verifier,
    };
    let location = request
        .url(&ports.config)
        .ok_or(Rejection::Login("the authorize address cannot be used"))?;

    let size = cookie.name().len() + cookie.value().len();
    let mut cookies = state_cookie::evictions(ports, cookies, size);
    cookies.push(cookie);
    tracing::debug!(target: "threelo", "login started");
    Ok(Started { location, cookies })
}

fn scopes(ports: &Ports, login: &LoginRequest) -> Scopes {
    ports
        .config
        .scopes
        .union(&login.scopes.iter().map(String::as_str).collect())
}

fn plaintext(
    ports: &Ports,
    login: &LoginRequest,
    subject: Option<&Subject>,
    verifier: &CodeVerifier,
) -> Result<Vec<u8>, Rejection> {
    let config = &ports.config;
    let asked = login
        .return_to
        .as_deref()
        .and_then(|place| config.return_to.accept(place));
    let details = login.details.clone().unwrap_or_default();
    let flow_to = |return_to: &ReturnTo| {
        let mut flow = Flow::new(return_to.as_str().to_owned(), &details, verifier);
        flow.more_scopes = scopes(ports, login)
            .minus(&config.scopes)
            .iter()
            .map(str::to_owned)
            .collect();
        flow.wished_site.clone_from(&login.site);
        flow.subject = subject.map(|subject| subject.as_str().to_owned());
        flow.account = login.account.as_ref().map(|id| id.as_str().to_owned());
        flow.handoff.clone_from(&login.handoff);
        flow.remember = login.remember && config.remember.is_some();
        flow.plaintext()
    };
    // A return target that does not fit gives way; details that do not fit are the app's error.
    asked
        .as_ref()
        .and_then(flow_to)
        .or_else(|| flow_to(&config.default_return_to))
        .ok_or(Rejection::Login(TOO_LARGE))
}
