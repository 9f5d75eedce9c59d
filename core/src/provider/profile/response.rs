//! The request for a profile, and the reader of its response.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;

use crate::environment::Environment;
use crate::ids::AccountId;
use crate::message::{cleaned, https_only};
use crate::provider::profile::{ExtendedProfile, Profile};
use crate::secret::AccessToken;

/// Why a profile could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// 403: the User Identity API was not added to the app in the developer console, or `read:me` was not granted. The
    /// operator can correct it, the visitor cannot.
    #[error(
        "the User Identity API refused the token: add it to the app in the developer console, with read:me"
    )]
    Forbidden,
    /// 401: the token was refused.
    #[error("the token was refused")]
    Unauthorized,
    /// Another status than 200.
    #[error("the request for the profile was answered with status {0}")]
    Status(StatusCode),
    /// The body is no JSON object with a valid account id. Without one there is no session (docs/decisions/0013).
    #[error("the profile is malformed")]
    Malformed(#[source] Option<serde_json::Error>),
}

/// `GET /me` with the account's token.
///
/// # Errors
///
/// [`http::Error`] if the token contains characters that a header field must not contain.
pub fn request(
    environment: &Environment,
    token: &AccessToken,
) -> Result<Request<Bytes>, http::Error> {
    crate::message::bearer(environment, "/me", token)
}

/// Reads the response. Every member but `account_id` may be missing or null; unknown members are ignored. Texts are
/// cleaned of control characters and cut, addresses must be https.
///
/// # Errors
///
/// [`ProfileError`], by status first and by shape second.
pub fn from_response(response: &Response<Bytes>) -> Result<Profile, ProfileError> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::FORBIDDEN => return Err(ProfileError::Forbidden),
        StatusCode::UNAUTHORIZED => return Err(ProfileError::Unauthorized),
        other => return Err(ProfileError::Status(other)),
    }
    let wire: Wire = serde_json::from_slice(response.body())
        .map_err(|error| ProfileError::Malformed(Some(error)))?;
    let account_id =
        AccountId::parse(&wire.account_id).map_err(|_invalid| ProfileError::Malformed(None))?;
    Ok(Profile {
        account_id,
        account_type: cleaned(wire.account_type, 64),
        email: wire
            .email
            .filter(|email| email.len() <= 320)
            .and_then(|email| cleaned(Some(email), 320)),
        email_verified: wire.email_verified,
        name: cleaned(wire.name, 256),
        picture: https_only(wire.picture),
        account_status: cleaned(wire.account_status, 64),
        nickname: cleaned(wire.nickname, 256),
        zoneinfo: cleaned(wire.zoneinfo, 64),
        locale: cleaned(wire.locale, 64),
        extended_profile: wire.extended_profile.map(|wire| ExtendedProfile {
            job_title: cleaned(wire.job_title, 256),
            organization: cleaned(wire.organization, 256),
            department: cleaned(wire.department, 256),
            location: cleaned(wire.location, 256),
        }),
    })
}

/// The body of the response as Atlassian writes it.
#[derive(Deserialize)]
struct Wire {
    account_id: String,
    account_type: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    picture: Option<String>,
    account_status: Option<String>,
    nickname: Option<String>,
    zoneinfo: Option<String>,
    locale: Option<String>,
    extended_profile: Option<WireExtended>,
}

#[derive(Deserialize)]
struct WireExtended {
    job_title: Option<String>,
    organization: Option<String>,
    department: Option<String>,
    location: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> Response<Bytes> {
        Response::new(Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn the_example_of_the_faq_is_read_whole() {
        let profile = from_response(&answer(
            r#"{"account_type":"atlassian","account_id":"112233aa-bb11-cc22-33dd-445566abcabc",
                "email":"mia@example.com","name":"Mia Krystof","picture":"https:\/\/a.example\/p",
                "account_status":"active","nickname":"mkrystof","zoneinfo":"Australia/Sydney","locale":"en-US",
                "extended_profile":{"job_title":"Designer","organization":"","department":"Design team","location":"Sydney"}}"#,
        ))
        .unwrap();

        let extended = profile.extended_profile.as_ref().unwrap();
        assert_eq!(profile.display_name(), "Mia Krystof");
        assert_eq!(extended.job_title.as_deref(), Some("Designer"));
        assert_eq!(extended.organization, None);
        assert!(profile.is_active());
    }

    #[test]
    fn an_account_id_is_enough() {
        let profile = from_response(&answer(r#"{"account_id":"712020:a","email":null}"#)).unwrap();

        assert_eq!(profile.display_name(), "712020:a");
        assert_eq!(profile.email, None);
    }

    #[test]
    fn a_name_with_control_characters_is_cleaned() {
        let profile =
            from_response(&answer(r#"{"account_id":"a","name":"M\u0000ia\r\n"}"#)).unwrap();

        assert_eq!(profile.display_name(), "Mia");
    }
}
