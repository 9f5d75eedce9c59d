use std::time::Duration;

use crate::state::seed::{App, GrantType};

/// What varies, or what nobody outside Atlassian knows. The defaults are the best guess.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Knobs {
    /// How long a used refresh token may be used again: 10 minutes; zero is strict single use.
    pub leeway: Duration,
    /// The grant type of every app from the next consent on; `None` leaves what the seed says.
    pub grant_type: Option<GrantType>,
    /// Whether a second consent of an account kills the refresh tokens of the first.
    pub second_consent_kills: bool,
    /// Whether older access tokens gain the sites and scopes of a newer consent; at resource-level apps they never do.
    pub old_tokens_gain: bool,
    /// Whether a cancelled flow comes back with its state.
    pub state_on_cancel: bool,
    /// How long an authorization code is good.
    pub code_lifetime: Duration,
    /// How long an access token is good.
    pub token_lifetime: Duration,
    /// Whether the token answer leaves `token_type` out.
    pub omit_token_type: bool,
    /// Whether a refresh answers without a new refresh token.
    pub omit_refresh_token: bool,
    /// Whether errors have the bodies that the documentation still shows.
    pub documented_errors: bool,
    /// Whether PKCE is verified; Atlassian ignores it.
    pub verify_pkce: bool,
    /// Whether a site with two products is listed twice.
    pub duplicate_sites: bool,
    /// Whether `/oauth/revoke` does anything.
    pub revoke_works: bool,
    /// Whether accounts without any site are stopped at the consent page when product scopes are asked for.
    pub refuse_without_site: bool,
    /// The least size of an access token, in bytes.
    pub token_bytes: usize,
    /// The status of a product's answer to a token that has ended: 401, or 403 or 404 as some endpoints have it.
    pub expired_status: u16,
    /// Whether Jira answers as to nobody, with 200, to a token that has ended.
    pub anonymous_when_bad: bool,
    /// Whether the pages cut themselves off from the window that opened them (`Cross-Origin-Opener-Policy: same-origin`).
    pub cuts_opener: bool,
    /// Whether Confluence's v2 endpoints take classic scopes.
    pub classic_scopes_reach_v2: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            leeway: Duration::from_secs(600),
            grant_type: None,
            second_consent_kills: false,
            old_tokens_gain: true,
            state_on_cancel: true,
            code_lifetime: Duration::from_secs(600),
            token_lifetime: Duration::from_secs(3600),
            omit_token_type: false,
            omit_refresh_token: false,
            documented_errors: false,
            verify_pkce: false,
            duplicate_sites: false,
            revoke_works: true,
            refuse_without_site: false,
            token_bytes: 2048,
            expired_status: 401,
            anonymous_when_bad: false,
            cuts_opener: false,
            classic_scopes_reach_v2: true,
        }
    }
}

impl Knobs {
    /// The grant type that the app has while the knobs stand so.
    pub(crate) fn grant_type_of(&self, app: &App) -> GrantType {
        self.grant_type.unwrap_or(app.grant_type)
    }
}
