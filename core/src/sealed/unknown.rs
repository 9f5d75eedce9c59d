//! The fields of a record that only a newer program knows
//! (`docs/decisions/0087-unknown-fields-are-kept.md`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::store::UnknownFields;

/// What was read of a record.
pub(crate) struct Fields<T> {
    pub(crate) known: T,
    pub(crate) unknown: UnknownFields,
}

/// A record as it is written, with the fields that this program does not know beside the others.
#[derive(Serialize, Deserialize)]
struct Flat<T, U> {
    #[serde(flatten)]
    known: T,
    #[serde(flatten)]
    unknown: U,
}

/// The plaintext of a record, wiped when it is dropped; `None` if it cannot be serialized.
pub(crate) fn write<T: Serialize>(known: T, unknown: &UnknownFields) -> Option<Zeroizing<Vec<u8>>> {
    let text = match unknown.get() {
        None => serde_json::to_vec(&known),
        Some(unknown) => serde_json::to_vec(&Flat { known, unknown }),
    };
    text.ok().map(Zeroizing::new)
}

/// The record of a plaintext. `T` denies unknown fields, so that looking for them costs only the records that have some.
pub(crate) fn read<'a, T: Deserialize<'a>>(plaintext: &'a [u8]) -> Option<Fields<T>> {
    if let Ok(known) = serde_json::from_slice(plaintext) {
        let unknown = UnknownFields::default();
        return Some(Fields { known, unknown });
    }
    let all: Flat<T, Map<String, Value>> = serde_json::from_slice(plaintext).ok()?;
    Some(Fields {
        known: all.known,
        unknown: UnknownFields::new(all.unknown),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use crate::ids::SessionToken;
    use crate::sealed::wire;
    use crate::store::{AppKey, GrantKey, GrantRecord, SessionRecord};

    const SESSION: &str = r#"{"profile": {"account_id": "edward"}, "site": null, "profile_read_at": 7, "remembered": true,
        "created_at": 8, "seen_at": 9, "expires_at": 18446744073709551614, "idle_ends_at": 10}"#;

    const GRANT: &str = r#"{"access_token": "access \"1\"", "refresh_token": "refresh", "expires_at": 1, "exchanged_at": 2,
        "scopes": "read:me", "consented_at": 3, "consents": [], "asked": "", "wanted": "", "mark": null, "sites": null,
        "added": [], "sites_read_at": 4, "last_site": null, "profile": null, "links": [], "generation": 18446744073709551614}"#;

    /// The same record as a newer program writes it.
    fn newer(text: &str) -> Value {
        let mut value: Value = serde_json::from_str(text).unwrap();
        value["later"] = json!({"deep": [1, null, "text"]});
        value["count"] = json!(18_446_744_073_709_551_615_u64);
        value
    }

    fn session(text: &[u8]) -> SessionRecord {
        let key = SessionToken::from_bytes([1; 32]).hash();
        wire::read_session(key, 1, text).unwrap()
    }

    fn grant(text: &[u8]) -> GrantRecord {
        let app = AppKey {
            environment: "https://auth.atlassian.com".into(),
            client_id: "app".into(),
        };
        let account = crate::ids::AccountId::parse("edward").unwrap();
        let key = GrantKey {
            app,
            account,
            consent: None,
        };
        wire::read_grant(key, 1, text).unwrap()
    }

    #[test]
    fn fields_of_a_newer_program_survive_when_an_older_one_writes_the_record() {
        let (of_session, of_grant) = (newer(SESSION), newer(GRANT));
        let read = session(of_session.to_string().as_bytes());
        let written = wire::session(&SessionRecord {
            site: None,
            seen_at: std::time::UNIX_EPOCH,
            ..read.clone()
        });
        let written: Value = serde_json::from_slice(&written.unwrap()).unwrap();
        assert_eq!(written["later"], of_session["later"]);
        assert_eq!(written["count"], of_session["count"]);
        assert_eq!(written["seen_at"], 0);

        let read = grant(of_grant.to_string().as_bytes());
        let written = wire::grant(&read).unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(written, of_grant);
    }

    #[test]
    fn what_is_known_is_read_the_same_beside_unknown_fields() {
        let (plain, more) = (session(SESSION.as_bytes()), newer(SESSION).to_string());
        assert!(plain.unknown.is_empty());
        let read = session(more.as_bytes());
        assert!(!read.unknown.is_empty());
        let unknown = plain.unknown.clone();
        assert_eq!(SessionRecord { unknown, ..read }, plain);

        let (plain, more) = (grant(GRANT.as_bytes()), newer(GRANT).to_string());
        let read = grant(more.as_bytes());
        let unknown = plain.unknown.clone();
        assert_eq!(GrantRecord { unknown, ..read }, plain);
    }

    #[test]
    fn unknown_fields_are_not_shown() {
        let mut value = newer(GRANT);
        value["later"] = json!("canary");
        let read = Arc::new(grant(value.to_string().as_bytes()));
        assert!(!format!("{read:?}").contains("canary"));
        assert!(
            wire::read_session(
                SessionToken::from_bytes([1; 32]).hash(),
                1,
                b"{\"later\": 1}"
            )
            .is_none()
        );
    }
}
