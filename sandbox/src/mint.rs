//! Codes and tokens that look like Atlassian's: long JWTs that a client must treat as opaque.
//!
//! The signature of each is random, so that verifying one fails.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;
use serde_json::json;

/// Random bytes from the operating system, in base64url without padding.
pub(crate) fn random_text(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    if SysRng.try_fill_bytes(&mut random).is_err() {
        // Without randomness two values would be equal, and tests would fail.
        random.fill(0);
    }
    URL_SAFE_NO_PAD.encode(random)
}

/// A new authorization code of about 250 characters.
pub(crate) fn code() -> String {
    let claims = json!({
        "jti": random_text(16),
        "iss": "auth.atlassian.com",
        "https://id.atlassian.com/atl_token_type": "AUTH_CODE",
    });
    jwt("HS256", &claims, 32)
}

/// A new refresh token of about 1,400 characters.
pub(crate) fn refresh_token() -> String {
    let claims = json!({ "jti": random_text(24), "https://id.atlassian.com/atl_token_type": "ROTATING_REFRESH",
        "https://id.atlassian.com/ujt": random_text(640) });
    jwt("HS256", &claims, 32)
}

/// What an access token says about itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessClaims<'a> {
    pub(crate) account_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) issued_at: SystemTime,
    /// The difference between `exp` and `iat`, which are whole seconds.
    pub(crate) lifetime: Duration,
}

/// A new access token with the claims of Atlassian's, padded to about `least_bytes`;
/// [`Knobs::token_bytes`](crate::Knobs::token_bytes) says how closely.
pub(crate) fn access_token(claims: AccessClaims<'_>, least_bytes: usize) -> String {
    let since_epoch = claims.issued_at.duration_since(UNIX_EPOCH);
    let issued_at = since_epoch.unwrap_or_default().as_secs();
    let claims = json!({
        "jti": random_text(24), "sub": claims.account_id, "aud": claims.client_id, "client_id": claims.client_id,
        "iss": "https://auth.atlassian.com", "iat": issued_at, "nbf": issued_at,
        "exp": issued_at + claims.lifetime.as_secs(),
        "client_auth_type": "POST",
        "https://id.atlassian.com/atl_token_type": "ACCESS",
        "https://atlassian.com/firstParty": false,
        "https://id.atlassian.com/ujt": random_text(least_bytes / 2),
    });
    jwt("RS256", &claims, 256)
}

/// A JWT whose signature is random bytes, as many as the algorithm's signatures have.
fn jwt(algorithm: &str, claims: &serde_json::Value, signature: usize) -> String {
    let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "sandbox" });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(&header),
        part(claims),
        random_text(signature)
    )
}

/// A number that is the same for a text in every run and release (FNV-1a, 64 bits).
pub(crate) fn hash(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// 32 random hexadecimal characters, as Atlassian's `atl-traceid` has them.
pub(crate) fn trace_id() -> String {
    // 24 bytes are 32 characters of base64.
    let hex = |byte: u8| char::from_digit(u32::from(byte % 16), 16);
    random_text(24).bytes().filter_map(hex).collect()
}
