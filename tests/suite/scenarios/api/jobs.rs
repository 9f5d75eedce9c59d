//! Background jobs: the grants of an app, and how long they last.

use std::time::Duration;

use super::{HOUR, World};

#[tokio::test]
async fn a_job_learns_how_long_a_grant_lasts_and_can_forget_it() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let world = World::with_crowd(3).await;
    for user in ["crowd0", "crowd1", "crowd2", "edward"] {
        world.signed_in(user).await;
    }
    let grants = world.auth.grants();

    let mut page = Some(threelo::PageRequest::first(3));
    let mut seen = Vec::new();
    while let Some(part) = page {
        let accounts = grants.list(&part).await.unwrap();
        assert!(accounts.ids.len() <= 3);
        seen.extend(accounts.ids);
        page = accounts.next;
    }
    let mut wanted: Vec<_> = ["edward", "crowd0", "crowd1", "crowd2"]
        .map(|user| world.account(user))
        .into();
    wanted.sort();
    assert_eq!(seen, wanted);

    let now = || threelo::clock::Clock::now(&*world.clock);
    let grant = grants.of(&world.account("edward")).await.unwrap();
    assert_eq!(grant.expires(), now() + HOUR);
    assert_eq!(grant.consent_by(), now() + 90 * DAY);
    assert!(grant.scopes().contains("read:jira-work"));
    let cautious = world.another_auth(|builder| builder.longest_consent(30 * DAY));
    let hinted = cautious
        .grants()
        .of(&world.account("edward"))
        .await
        .unwrap();
    assert_eq!(hinted.consent_by(), now() + 30 * DAY);

    grant.forget().await.unwrap();
    assert!(grants.of(&world.account("edward")).await.is_err());
    assert!(grant.access_token().await.is_err());
}
