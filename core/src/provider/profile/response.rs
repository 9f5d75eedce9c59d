//! The request for a profile, and the reader of its response.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::environment::Environment;
use crate::ids::AccountId;
use crate::message::{cleaned, https_only, is_html};
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

/// A profile, and what was odd about the response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileResponse {
    /// The profile.
    pub profile: Profile,
    /// The members that were of another type than Atlassian's documentation says, and were left out. Names only: the values are
    /// about a person.
    pub odd: Vec<&'static str>,
}

/// Reads the response. Only `account_id` is needed, and must occur once. Every other member may be missing or null, and one of
/// another type is left out: an e-mail address whose `email_verified` is no boolean is not verified. Unknown members are ignored.
/// Texts are cleaned of control characters and cut, addresses must be https.
///
/// # Errors
///
/// [`ProfileError`], by status first and by shape second.
pub fn from_response(response: &Response<Bytes>) -> Result<ProfileResponse, ProfileError> {
    match response.status() {
        StatusCode::OK => {}
        // A page with these statuses is that of a proxy or a firewall on the way.
        other if is_html(response) => {
            return Err(ProfileError::Status(other));
        }
        StatusCode::FORBIDDEN => return Err(ProfileError::Forbidden),
        StatusCode::UNAUTHORIZED => return Err(ProfileError::Unauthorized),
        other => return Err(ProfileError::Status(other)),
    }
    let wire: Wire = serde_json::from_slice(response.body())
        .map_err(|error| ProfileError::Malformed(Some(error)))?;
    let account_id =
        AccountId::parse(&wire.account_id).map_err(|_invalid| ProfileError::Malformed(None))?;
    let mut reader = Reader::default();
    let email = reader.text("email", wire.email);
    let profile = Profile {
        account_id,
        account_type: cleaned(reader.text("account_type", wire.account_type), 64),
        email: email
            .filter(|email| email.len() <= 320)
            .and_then(|email| cleaned(Some(email), 320)),
        email_verified: reader.flag("email_verified", wire.email_verified),
        name: cleaned(reader.text("name", wire.name), 256),
        picture: https_only(reader.text("picture", wire.picture)),
        account_status: cleaned(reader.text("account_status", wire.account_status), 64),
        nickname: cleaned(reader.text("nickname", wire.nickname), 256),
        zoneinfo: cleaned(reader.text("zoneinfo", wire.zoneinfo), 64),
        locale: cleaned(reader.text("locale", wire.locale), 64),
        extended_profile: reader.extended(wire.extended_profile),
    };
    Ok(ProfileResponse {
        profile,
        odd: reader.odd,
    })
}

/// Reads members of the expected type, and notes those of another one.
#[derive(Default)]
struct Reader {
    odd: Vec<&'static str>,
}

impl Reader {
    fn text(&mut self, member: &'static str, value: Option<Value>) -> Option<String> {
        match value {
            Some(Value::String(text)) => Some(text),
            other => self.left_out(member, other),
        }
    }

    fn flag(&mut self, member: &'static str, value: Option<Value>) -> Option<bool> {
        match value {
            Some(Value::Bool(flag)) => Some(flag),
            other => self.left_out(member, other),
        }
    }

    fn extended(&mut self, value: Option<Value>) -> Option<ExtendedProfile> {
        let Some(Value::Object(mut members)) = value else {
            return self.left_out("extended_profile", value);
        };
        let mut text =
            |member: &'static str| cleaned(self.text(member, members.remove(member)), 256);
        Some(ExtendedProfile {
            job_title: text("job_title"),
            organization: text("organization"),
            department: text("department"),
            location: text("location"),
        })
    }

    /// Notes a member of another type; one that is missing or null is nothing odd.
    fn left_out<T>(&mut self, member: &'static str, value: Option<Value>) -> Option<T> {
        if value.is_some_and(|value| !value.is_null()) {
            self.odd.push(member);
        }
        None
    }
}

/// The body of the response as Atlassian writes it.
#[derive(Deserialize)]
struct Wire {
    account_id: String,
    account_type: Option<Value>,
    email: Option<Value>,
    email_verified: Option<Value>,
    name: Option<Value>,
    picture: Option<Value>,
    account_status: Option<Value>,
    nickname: Option<Value>,
    zoneinfo: Option<Value>,
    locale: Option<Value>,
    extended_profile: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> ProfileResponse {
        let answer = Response::new(Bytes::from_static(body.as_bytes()));
        from_response(&answer).unwrap()
    }

    #[test]
    fn the_example_of_the_faq_is_read_whole() {
        let read = read(
            r#"{"account_type":"atlassian","account_id":"112233aa-bb11-cc22-33dd-445566abcabc",
                "email":"mia@example.com","name":"Mia Krystof","picture":"https:\/\/a.example\/p",
                "account_status":"active","nickname":"mkrystof","zoneinfo":"Australia/Sydney","locale":"en-US",
                "extended_profile":{"job_title":"Designer","organization":"","department":"Design team","location":"Sydney"}}"#,
        );
        let profile = read.profile;
        assert!(read.odd.is_empty());

        let extended = profile.extended_profile.as_ref().unwrap();
        assert_eq!(profile.display_name(), "Mia Krystof");
        assert_eq!(extended.job_title.as_deref(), Some("Designer"));
        assert_eq!(extended.organization, None);
        assert!(profile.is_active());
    }

    #[test]
    fn an_account_id_is_enough() {
        let profile = read(r#"{"account_id":"712020:a","email":null}"#).profile;

        assert_eq!(profile.display_name(), "712020:a");
        assert_eq!(profile.email, None);
    }

    #[test]
    fn a_name_with_control_characters_is_cleaned() {
        let profile = read(r#"{"account_id":"a","name":"M\u0000ia\r\n"}"#).profile;

        assert_eq!(profile.display_name(), "Mia");
    }

    #[test]
    fn a_member_of_another_type_is_left_out_and_the_rest_is_read() {
        let read = read(
            r#"{"account_id":"a","account_type":[],"email":7,"email_verified":"true","name":12,"picture":{"48x48":"x"},
                "account_status":{},"nickname":"Mia","zoneinfo":false,"locale":["en"],
                "extended_profile":{"job_title":["Designer"],"organization":null,"department":"Design","location":1.5}}"#,
        );

        let (profile, odd) = (read.profile, read.odd.join(" "));
        let extended = profile.extended_profile.as_ref().unwrap();
        assert_eq!(profile.display_name(), "Mia");
        assert_eq!(
            (profile.email.as_deref(), profile.email_verified),
            (None, None)
        );
        assert_eq!(extended.department.as_deref(), Some("Design"));
        assert!(profile.is_active());
        assert_eq!(
            odd,
            "email account_type email_verified name picture account_status zoneinfo locale job_title location"
        );
    }

    #[test]
    fn a_closed_account_is_closed_however_it_is_written() {
        for body in [
            r#"{"account_id":"a","account_status":"Closed"}"#,
            r#"{"account_id":"a","account_status":" INACTIVE"}"#,
        ] {
            assert!(!read(body).profile.is_active(), "{body}");
        }
        let answer = Response::new(Bytes::from_static(
            br#"{"account_id":"a","account_id":"b"}"#,
        ));
        assert!(from_response(&answer).is_err(), "whose profile is it?");
    }

    #[test]
    fn a_page_with_401_or_403_is_not_atlassians_word() {
        for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
            let answer = |kind: &'static str| {
                let answer = Response::builder()
                    .status(status)
                    .header("content-type", kind);
                from_response(&answer.body(Bytes::new()).unwrap())
            };
            let page = answer("text/html; charset=utf-8");
            assert!(matches!(page, Err(ProfileError::Status(said)) if said == status));
            let json = answer("application/json");
            assert!(!matches!(json, Err(ProfileError::Status(_))), "{json:?}");
        }
    }
}
