//! How the sandbox behaves where Atlassian varies or is not known.

use std::time::Duration;

use crate::state::seed::{App, GrantType};

/// What varies, or what is not known outside Atlassian. The defaults are the best guess.
///
/// A change holds from the next request on; it also applies to codes and tokens that exist already,
/// unless a field says otherwise. Set the fields with
/// [`SandboxBuilder::knobs`](crate::SandboxBuilder::knobs) before the start, or with
/// [`Sandbox::knobs`](crate::Sandbox::knobs) while it runs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use threelo_sandbox::{GrantType, Knobs, Sandbox};
///
/// assert_eq!(Knobs::default().token_lifetime, Duration::from_secs(3600));
///
/// let sandbox = Sandbox::builder()
///     .knobs(|knobs| knobs.grant_type = Some(GrantType::Resource))
///     .start()
///     .await?;
/// sandbox.knobs(|knobs| {
///     // Every refresh token works once, and access tokens last a minute.
///     knobs.leeway = Duration::ZERO;
///     knobs.token_lifetime = Duration::from_secs(60);
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Knobs {
    /// How long the refresh token that was used last may be used again: 10 minutes, as documented
    /// by Atlassian. Zero means strict single use.
    ///
    /// Within this time the token yields another pair of tokens. Use after it, or of an older
    /// token, revokes all refresh tokens of the consent (RFC 9700 §4.14.2).
    pub leeway: Duration,
    /// The grant type of every app; `None` leaves what the seed says. It applies to later consents:
    /// a grant keeps the type with which it was made.
    pub grant_type: Option<GrantType>,
    /// Whether the exchange of a user's new code revokes the refresh tokens of their earlier
    /// consents at the same app.
    pub second_consent_kills: bool,
    /// Whether access tokens take on the sites and scopes of a newer consent of the same account;
    /// if not, each keeps what was granted when it was made. At resource-level apps they never do.
    pub old_tokens_gain: bool,
    /// Whether the callback has the `state` of the request when the user pressed Cancel (RFC 6749
    /// §4.1.2.1 requires it).
    pub state_on_cancel: bool,
    /// How long an authorization code can be exchanged: 10 minutes, the most that RFC 6749 §4.1.2
    /// recommends.
    pub code_lifetime: Duration,
    /// How long an access token is valid: an hour. It is also the `expires_in` of the response, in
    /// whole seconds. Existing tokens keep their lifetime.
    pub token_lifetime: Duration,
    /// Whether token responses lack `token_type`, which RFC 6749 §5.1 requires.
    pub omit_token_type: bool,
    /// Whether responses to a refresh lack the new refresh token. The one that was sent still
    /// counts as used.
    pub omit_refresh_token: bool,
    /// Whether the token endpoint fails with the statuses and bodies that Atlassian's documentation
    /// still shows, such as `invalid_grant`, instead of those of the current service, such as
    /// `unauthorized_client`.
    pub documented_errors: bool,
    /// Whether a `code_challenge` requires the matching `code_verifier`, by the method `S256` (RFC
    /// 7636 §4.6). Atlassian ignores both, and so does the sandbox unless this is set. A code
    /// without a challenge never needs a verifier.
    pub verify_pkce: bool,
    /// Whether a site is listed once for each of its products, with the scopes of that product,
    /// instead of once.
    pub duplicate_sites: bool,
    /// Whether `/oauth/revoke` revokes; if not, it responds with the same 200 and does nothing.
    pub revoke_works: bool,
    /// Whether accounts without any site are stopped at the consent page when scopes of a product
    /// are requested; if not, they can consent and reach no site.
    pub refuse_without_site: bool,
    /// The minimum size of an access token in bytes, for values up to 4096; with large values
    /// tokens are up to a tenth smaller. It applies to tokens that are made later. Real tokens
    /// exceed 2 KB, which matters for cookies and headers.
    pub token_bytes: usize,
    /// The status of Jira's and Confluence's responses to a token that is unknown or has expired:
    /// 401, or 403 or 404 as with some of Atlassian's endpoints. `/me` and the list of sites always
    /// respond with 401.
    pub expired_status: u16,
    /// Whether Jira treats a token that is unknown or has expired like an anonymous request, and
    /// responds with 200 and empty lists. Confluence keeps to
    /// [`expired_status`](Self::expired_status).
    pub anonymous_when_bad: bool,
    /// Whether the authorization host sends `Cross-Origin-Opener-Policy: same-origin`, so that its
    /// pages in a popup lose their opener. The API host never sends it.
    pub cuts_opener: bool,
    /// Whether Confluence's v2 endpoints accept the classic scope `read:confluence-content.all`
    /// besides the granular `read:page:confluence`.
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
    /// The grant type that a consent at the app has now.
    pub(crate) fn grant_type_of(&self, app: &App) -> GrantType {
        self.grant_type.unwrap_or(app.grant_type)
    }
}
