//! The profile of an account: `GET /me` of the User Identity API.

mod response;

pub use self::response::{ProfileError, from_response, request};

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::AccountId;

/// What an account shows of itself. Everything but the account id is optional: it depends on the person's privacy
/// settings. Never use the e-mail as a key, and never as proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// `atlassian`, `app` or `customer`.
    pub account_type: Option<Arc<str>>,
    /// The stable key of the account, the same on every site.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub account_id: AccountId,
    /// The e-mail address, if it is shown to this app; at most 320 bytes.
    pub email: Option<Arc<str>>,
    /// Absent at Atlassian today; absent means unverified.
    pub email_verified: Option<bool>,
    /// The name to show; at most 256 bytes.
    pub name: Option<Arc<str>>,
    /// The address of the avatar, https only.
    pub picture: Option<Arc<str>>,
    /// `active`, `inactive` or `closed`.
    pub account_status: Option<Arc<str>>,
    /// The nickname.
    pub nickname: Option<Arc<str>>,
    /// The time zone, e.g. `Australia/Sydney`.
    pub zoneinfo: Option<Arc<str>>,
    /// The language, e.g. `en-US`.
    pub locale: Option<Arc<str>>,
    /// Job and place.
    pub extended_profile: Option<ExtendedProfile>,
}

/// The work side of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExtendedProfile {
    /// The job title.
    pub job_title: Option<Arc<str>>,
    /// The organization.
    pub organization: Option<Arc<str>>,
    /// The department.
    pub department: Option<Arc<str>>,
    /// The location.
    pub location: Option<Arc<str>>,
}

impl Profile {
    /// A profile of which only the account id is known.
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

    /// What to call this person: the name, else the nickname, else the account id.
    pub fn display_name(&self) -> &str {
        self.name
            .as_deref()
            .or(self.nickname.as_deref())
            .unwrap_or(self.account_id.as_str())
    }

    /// Whether the account may sign in; an unknown status counts as active.
    pub fn is_active(&self) -> bool {
        !matches!(self.account_status.as_deref(), Some("inactive" | "closed"))
    }
}

fn as_text<S: serde::Serializer>(id: &AccountId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
    let text = String::deserialize(deserializer)?;
    AccountId::parse(&text).map_err(serde::de::Error::custom)
}
