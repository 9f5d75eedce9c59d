//! The profile of an account: `GET /me` of the User Identity API (docs/protocol.md section 5).

mod response;

pub use self::response::{ProfileError, ProfileResponse, from_response, request};

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::AccountId;

/// The profile of an Atlassian account, as far as its owner lets this app see it.
///
/// Everything but the account id is optional, because it depends on privacy settings, and can change at any time. Never
/// use the e-mail address as a key and never treat it as proven: an address can pass to another owner (docs/attacks.md
/// T019). All texts are free of control characters and limited in length, but are not escaped for HTML.
///
/// With serde it becomes the JSON of Atlassian's `GET /me`. Sessions and grants are stored with it in this form, so
/// a field that is added must be optional.
///
/// ```
/// use threelo::{AccountId, Profile};
///
/// # fn main() -> Result<(), threelo::InvalidId> {
/// let mut profile = Profile::of(AccountId::parse("712020:6b3c5d1e")?);
/// assert_eq!(profile.display_name(), "712020:6b3c5d1e");
///
/// profile.name = Some("Mia Krystof".into());
/// assert_eq!(profile.display_name(), "Mia Krystof");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// `atlassian`, `app` or `customer`; Atlassian may add others.
    pub account_type: Option<Arc<str>>,
    /// The stable key of the account.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub account_id: AccountId,
    /// The e-mail address, if this app may see it: at most 320 bytes. A longer one is left out, because half an address
    /// would be another one.
    pub email: Option<Arc<str>>,
    /// Whether Atlassian verified the address. Usually absent, which means that it is not verified.
    pub email_verified: Option<bool>,
    /// The display name, cut at 256 bytes.
    pub name: Option<Arc<str>>,
    /// The address of the avatar, always https. Show it, but do not fetch it from the server.
    pub picture: Option<Arc<str>>,
    /// `active`, `inactive` or `closed`; see [`is_active`](Self::is_active).
    pub account_status: Option<Arc<str>>,
    /// The short name, cut at 256 bytes.
    pub nickname: Option<Arc<str>>,
    /// The time zone, e.g. `Australia/Sydney`, cut at 64 bytes.
    pub zoneinfo: Option<Arc<str>>,
    /// The language, e.g. `en-US`, cut at 64 bytes.
    pub locale: Option<Arc<str>>,
    /// Job and place of work.
    pub extended_profile: Option<ExtendedProfile>,
}

/// The part of a [`Profile`] about the person's work. Each text is cut at 256 bytes.
///
/// ```
/// use threelo::Profile;
///
/// fn department(profile: &Profile) -> &str {
///     let work = profile.extended_profile.as_ref();
///     work.and_then(|work| work.department.as_deref()).unwrap_or("unknown")
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExtendedProfile {
    /// The job title.
    pub job_title: Option<Arc<str>>,
    /// The company or organization.
    pub organization: Option<Arc<str>>,
    /// The department.
    pub department: Option<Arc<str>>,
    /// The place of work, as the person wrote it.
    pub location: Option<Arc<str>>,
}

impl Profile {
    /// A profile with the account id only, which is what an account may show at least.
    pub fn of(account_id: AccountId) -> Self {
        Self {
            account_id,
            account_type: None,
            email: None,
            email_verified: None,
            name: None,
            picture: None,
            account_status: None,
            nickname: None,
            zoneinfo: None,
            locale: None,
            extended_profile: None,
        }
    }

    /// The text by which to address this person: the name, else the nickname, else the account id. Never empty.
    pub fn display_name(&self) -> &str {
        self.name
            .as_deref()
            .or(self.nickname.as_deref())
            .unwrap_or(self.account_id.as_str())
    }

    /// Whether the account may sign in: not if its status is `inactive` or `closed`, in any case of letters
    /// (docs/attacks.md T023). A missing or unknown status counts as active.
    pub fn is_active(&self) -> bool {
        let status = self.account_status.as_deref().unwrap_or_default().trim();
        !["inactive", "closed"]
            .iter()
            .any(|ended| status.eq_ignore_ascii_case(ended))
    }
}

fn as_text<S: serde::Serializer>(id: &AccountId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
    let text = String::deserialize(deserializer)?;
    AccountId::parse(&text).map_err(serde::de::Error::custom)
}
