//! Databases as version 1 of threelo left them: what is in `fixtures` was written by it, and is never written again.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use threelo::ConsentReason;
use threelo::internals::SessionToken;
use threelo::internals::{
    AppKey, ConsentMark, GrantKey, GrantRecord, Link, SessionRecord, site, token,
};
use threelo::store::{Inserted, RowStore};
use threelo::{AccountId, CloudId, Profile, Scopes, Subject};
use threelo_tests::{SealedStores, sealed};

use crate::database::Database;

const KEYS: &str = "v1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
pub(crate) const PREFIX: &str = "v1_";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn profile() -> Arc<Profile> {
    let account = AccountId::parse("712020:5d1c8b1e").unwrap();
    let mut profile = Profile::of(account);
    profile.name = Some("Edward Byrne".into());
    profile.email = Some("edward@example.com".into());
    Arc::new(profile)
}

fn answer(body: &'static str) -> http::Response<bytes::Bytes> {
    http::Response::new(bytes::Bytes::from_static(body.as_bytes()))
}

fn session() -> SessionRecord {
    SessionRecord {
        key: SessionToken::from_bytes([1; 32]).hash(),
        profile: profile(),
        site: Some(CloudId::parse("11111111-aaaa-4aaa-8aaa-111111111111").unwrap()),
        profile_read_at: at(1_800_000_000),
        remembered: true,
        created_at: at(1_800_000_001),
        seen_at: at(1_800_000_002),
        expires_at: at(4_000_000_000),
        idle_ends_at: at(4_000_000_000),
        unknown: Default::default(),
        version: 1,
    }
}

fn tokens() -> token::TokenSet {
    let tokens = answer(
        r#"{"access_token": "access-canary", "refresh_token": "refresh-canary", "expires_in": 3600,
            "scope": "offline_access read:jira-work read:me"}"#,
    );
    let read = token::from_response(&tokens, &Scopes::new(), at(1_800_000_000));
    read.unwrap().tokens
}

fn grant() -> GrantRecord {
    let sites = answer(
        r#"[{"id": "11111111-aaaa-4aaa-8aaa-111111111111", "name": "Aurora Design",
            "url": "https://aurora-design.atlassian.net", "scopes": ["read:jira-work"]}]"#,
    );
    let site_id = CloudId::parse("11111111-aaaa-4aaa-8aaa-111111111111").unwrap();
    GrantRecord {
        key: GrantKey {
            app: AppKey {
                environment: "https://auth.atlassian.com".into(),
                client_id: "version-1".into(),
            },
            account: profile().account_id.clone(),
            consent: None,
        },
        tokens: tokens(),
        consented_at: at(1_800_000_000),
        consents: Arc::new([]),
        asked: Scopes::parse("offline_access read:jira-work read:me"),
        wanted: Scopes::parse("offline_access read:jira-work read:me write:jira-work"),
        consent_needed: Some(ConsentMark {
            reason: ConsentReason::AnswerLost,
            since: at(1_800_000_500),
            checked_at: at(1_800_000_600),
        }),
        sites: Some(site::from_response(&sites).unwrap().sites.into()),
        added: Arc::new([site_id.clone()]),
        sites_read_at: at(1_800_000_100),
        last_site: Some(site_id.clone()),
        profile: Some(profile()),
        links: Arc::new([Link {
            subject: Subject::parse("user 17").unwrap(),
            linked_at: at(1_800_000_200),
            site: Some(site_id),
        }]),
        unknown: Default::default(),
        generation: 3,
        version: 5,
    }
}

/// The stores over a database; with `THREELO_WRITE_FIXTURES`, after the records were written into it.
async fn stores(rows: Arc<dyn RowStore>) -> SealedStores {
    let stores = sealed(rows, KEYS).unwrap();
    if std::env::var_os("THREELO_WRITE_FIXTURES").is_some() {
        let written = stores.sessions.insert(Arc::new(session())).await.unwrap();
        assert_eq!(written, Inserted::Done);
        let written = stores.grants.insert(Arc::new(grant())).await.unwrap();
        assert_eq!(written, Inserted::Done);
    }
    stores
}

/// Everything is read as it was written, by every way that leads to it.
pub(crate) async fn reads_what_version_1_wrote(rows: Arc<dyn RowStore>) {
    let (session, grant) = (session(), grant());
    let stores = stores(rows).await;

    let read = stores.sessions.load(&session.key).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", *read), format!("{session:?}"));
    assert_eq!(read.profile.email.as_deref(), Some("edward@example.com"));
    let listed = stores.sessions.list_of(session.account()).await.unwrap();
    assert_eq!(listed.len(), 1);
    let read = stores.grants.load(&grant.key).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", *read), format!("{grant:?}"));
    assert_eq!(read.tokens.access_token.expose(), "access-canary");
    let subject = Subject::parse("user 17").unwrap();
    let of_subject = stores.grants.of_subject(&grant.key.app, &subject);
    assert_eq!(of_subject.await.unwrap().len(), 1);
    let of_account = stores.grants.of_account(&grant.key.app, &grant.key.account);
    assert_eq!(of_account.await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_sqlite_file_of_version_1_is_read() {
    let database = Database::sqlite_of_version_1();
    reads_what_version_1_wrote(database.rows_as(PREFIX).await).await;
}

#[tokio::test]
async fn a_postgres_dump_of_version_1_is_read() {
    if let Some(database) = Database::postgres_of_version_1() {
        reads_what_version_1_wrote(database.rows_as(PREFIX).await).await;
    }
}

#[tokio::test]
async fn a_redis_dump_of_version_1_is_read() {
    if let Some(database) = Database::redis_of_version_1() {
        reads_what_version_1_wrote(database.rows_as(PREFIX).await).await;
    }
}
