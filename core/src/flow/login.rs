//! The start of a flow.
//!
//! It writes nothing to a store: what the callback needs is sealed into a cookie of the browser
//! (docs/decisions/0014).

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
use crate::provider::site::site_name;
use crate::return_to::ReturnTo;
use crate::scope::Scopes;
use crate::secret::CodeVerifier;
use crate::session::Handoff;

/// What the developer reads whose details do not fit into the cookie.
const TOO_LARGE: &str =
    "the flow details do not fit: keep them under about 1.2 KB of JSON and store the rest";

/// A login to be started: where to return, what to remember, what to ask for.
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
    /// As it was given; checked when the flow starts.
    return_to: Option<String>,
    /// The app's payload.
    details: Option<FlowDetails>,
    /// The payload could not be written as JSON; the start fails with it.
    broken: bool,
    /// Scopes in addition to the configured ones, unchecked: the route offers visitors only those
    /// of the app's list.
    scopes: Vec<String>,
    /// The site that the visitor wants to have granted.
    site: Option<String>,
    /// The only account that may come back.
    account: Option<AccountId>,
    /// Whether the longer session lifetimes are asked for.
    remember: bool,
    /// The page of another origin that waits.
    handoff: Option<Handoff>,
}

impl LoginRequest {
    /// A login that returns to the default target.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to return. Anything that is not a place of this app, or of a listed origin, becomes
    /// the default target, and the login goes on (docs/attacks.md, "Rules for return targets").
    pub fn return_to(mut self, place: impl Into<String>) -> Self {
        self.return_to = Some(place.into());
        self
    }

    /// What the app wants to have back at the end of the flow: about 1.2 KB of JSON at most. More
    /// than that, or a value that cannot be written as JSON, makes the login fail with a 500 that
    /// says so. It is sealed; the visitor can neither read nor change it. The hooks get it back:
    /// [`SignIn::details`](crate::SignIn), [`Connected::details`](crate::Connected),
    /// [`Cancelled::details`](crate::Cancelled).
    pub fn details(mut self, details: &impl Serialize) -> Self {
        match FlowDetails::of(details) {
            Ok(details) => self.details = Some(details),
            Err(_) => self.broken = true,
        }
        self
    }

    /// Scopes to ask for in addition to the configured ones. They must be added to the app in the
    /// developer console. A consent replaces the scopes of the one before (docs/protocol.md, 4.4),
    /// so name all that are needed.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// The site that the visitor wants to add: its address, host or cloud id. The authorization
    /// request cannot name it, so the visitor chooses it at Atlassian; if another one was chosen,
    /// the visitor is told.
    pub fn site(mut self, site: impl Into<String>) -> Self {
        self.site = Some(site.into());
        self
    }

    /// The only account that may come back: for more scopes, another site or a new consent of an
    /// account that is known already. If the visitor chooses another one at Atlassian, the session
    /// stays as it is, and a page says so (docs/decisions/0023).
    pub fn account(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    /// Asks for the longer lifetimes that the builder's `remember` allows; if the builder allows
    /// none, nothing changes.
    pub fn remember(mut self, remember: bool) -> Self {
        self.remember = remember;
        self
    }

    /// The page of another origin that waits for the end; only routes set it, after they have
    /// checked the origin.
    pub(crate) fn handoff(mut self, handoff: Option<Handoff>) -> Self {
        self.handoff = handoff;
        self
    }
}

/// What a login asks for, as parameters of an address. The app's details are not among them: an
/// address can be read and changed.
pub(crate) struct LoginParameters {
    /// Where to return, unchecked.
    pub return_to: Option<String>,
    /// `scope`, `site` and `account`.
    pub parameters: Vec<(&'static str, String)>,
}

impl LoginRequest {
    /// The parameters of the page with the button, which starts an equal flow in connect mode.
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
    /// The authorization URL at Atlassian; it holds the state and the PKCE challenge, and nothing
    /// of the visitor.
    pub location: Url,
    /// The flow's cookie, and removals of the oldest ones if there are too many.
    pub cookies: Vec<SetCookie>,
}

/// Starts a flow: 256 random bits for the state (RFC 6749 section 10.12), as many for the PKCE
/// verifier (RFC 7636 section 4.1), both new for each flow (docs/attacks.md, T006).
///
/// `cookies` are the flow cookies that the browser has already; `subject` is the app's user in
/// connect mode, to whom the flow is bound.
///
/// # Errors
///
/// [`Rejection::Login`] for details that do not fit or cannot be written;
/// [`Rejection::NoRandomness`]. No cookie is set then.
pub(crate) fn start(
    ports: &Ports,
    login: &LoginRequest,
    cookies: &[FlowCookie],
    subject: Option<&Subject>,
) -> Result<Started, Rejection> {
    if login.broken {
        return Err(Rejection::Login(
            "the flow details cannot be serialized as JSON",
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
        .ok_or(Rejection::Login("the authorization URL cannot be built"))?;

    let size = cookie.name().len() + cookie.value().len();
    let mut cookies = state_cookie::evictions(ports, cookies, size);
    cookies.push(cookie);
    tracing::debug!(target: "threelo", "login started");
    Ok(Started { location, cookies })
}

/// All that this flow asks for: the configured scopes, and those of the login.
fn scopes(ports: &Ports, login: &LoginRequest) -> Scopes {
    ports
        .config
        .scopes
        .union(&login.scopes.iter().map(String::as_str).collect())
}

/// The flow to be sealed. A return target that does not fit gives way to the default one, because
/// visitors choose it; details that do not fit are an error of the app (docs/attacks.md, T102).
///
/// # Errors
///
/// [`Rejection::Login`] if the details do not fit even then.
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
        let wish = login.site.as_ref();
        flow.wished_site = wish.map(|wish| site_name(wish).unwrap_or_else(|| wish.clone()));
        flow.subject = subject.map(|subject| subject.as_str().to_owned());
        flow.account = login.account.as_ref().map(|id| id.as_str().to_owned());
        flow.handoff.clone_from(&login.handoff);
        flow.remember = login.remember && config.remember.is_some();
        flow.plaintext()
    };
    asked
        .as_ref()
        .and_then(flow_to)
        .or_else(|| flow_to(&config.default_return_to))
        .ok_or(Rejection::Login(TOO_LARGE))
}
