//! Which user of the app has which account: T016 to T018 (docs/attacks.md).

use threelo::{GrantError, LinkPolicy, Subject};

use super::{Browser, World, browser_of, connected, world};

async fn sharing() -> World {
    World::connecting(|builder| builder.link_policy(LinkPolicy::Share)).await
}

async fn subjects_of(world: &World, user: &str) -> Vec<String> {
    match world.auth.grants().of(&world.account(user)).await {
        Ok(grant) => grant.subjects().iter().map(Subject::to_string).collect(),
        Err(GrantError::ConsentNeeded(_)) => Vec::new(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn an_account_of_another_user_is_refused_and_the_first_keeps_working() {
    let world = world().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    edward.connect(&world, "edward", "").await;

    let (_, seen) = mallory.connect(&world, "edward", "return_to=/public").await;

    assert_eq!(
        seen.location(),
        "/auth/error?reason=linked_elsewhere&return_to=%2Fpublic"
    );
    let page = mallory.open(seen.location()).await;
    assert_eq!(page.status(), 409);
    assert!(page.text().contains("connected already"));
    let json = mallory.fetch("GET", seen.location()).await;
    assert_eq!(json.json()["code"], "linked_elsewhere");
    assert!(connected(&mut mallory).await.is_empty());
    assert_eq!(subjects_of(&world, "edward").await, ["edward"]);
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
}

/// The new consent may have killed the first user's tokens at Atlassian: they get the new ones, and nothing else changes.
#[tokio::test]
async fn a_refused_user_does_not_break_the_first_where_a_consent_kills_the_one_before() {
    let world = world().await;
    world
        .sandbox
        .knobs(|knobs| knobs.second_consent_kills = true);
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    edward.connect(&world, "edward", "").await;
    mallory.connect(&world, "edward", "").await;

    world.pass(std::time::Duration::from_secs(3600));

    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn with_share_both_users_work_and_the_disconnect_of_one_leaves_the_other() {
    let world = sharing().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    edward.connect(&world, "edward", "").await;
    mallory.connect(&world, "edward", "").await;
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
    assert_eq!(mallory.fetch("GET", "/myself").await.status(), 200);

    assert_eq!(mallory.submit("/auth/disconnect", "").await.status(), 303);

    assert!(connected(&mut mallory).await.is_empty());
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
    assert!(world.auth.drain(std::time::Duration::from_secs(5)).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 0);

    // The last link takes the grant along, and Atlassian is asked to forget it.
    edward.submit("/auth/disconnect", "").await;
    assert!(world.auth.drain(std::time::Duration::from_secs(5)).await);
    assert!(!world.has_grant("edward").await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 1);
}

/// T017.
#[tokio::test]
async fn a_user_may_have_several_accounts_and_says_which() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "edward", "").await;
    world.pass(std::time::Duration::from_secs(1));
    edward.connect(&world, "mia", "").await;

    assert_eq!(
        connected(&mut edward).await,
        ["Edward Byrne", "Mia Krystof"]
    );
    let seen = edward.fetch("GET", "/myself").await;
    assert_eq!(
        (seen.status(), &seen.json()["code"]),
        (409, &"choose_connection".into())
    );
    assert_eq!(seen.json()["connections_url"], "/auth/connections");
    let seen = edward.open("/myself").await;
    assert_eq!(seen.location(), "/auth/connections?return_to=%2Fmyself");
    for user in ["edward", "mia"] {
        let path = format!("/of?account={}", world.account(user));
        assert_eq!(edward.fetch("GET", &path).await.status(), 200, "{user}");
    }

    // One is ended by its id; the other is the only one then.
    let form = format!("account={}", world.account("edward"));
    edward.submit("/auth/disconnect", &form).await;
    assert_eq!(connected(&mut edward).await, ["Mia Krystof"]);
    let site = "22222222-bbbb-4bbb-8bbb-222222222222";
    edward.submit("/auth/site", &format!("site={site}")).await;
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn another_users_account_cannot_be_disconnected_or_asked_for_more() {
    let world = world().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    edward.connect(&world, "edward", "").await;
    let form = format!("account={}", world.account("edward"));

    assert_eq!(
        mallory.submit("/auth/disconnect", &form).await.status(),
        409
    );
    assert_eq!(mallory.submit("/auth/connect", &form).await.status(), 409);

    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

/// Two tabs of one browser start a flow each, and come back at the same time.
async fn finish_in_two_tabs(world: &World, browser: &mut Browser, accounts: [&str; 2]) {
    let first = browser.start_connect("").await;
    let second = browser.start_connect("").await;
    let first = world.approve(&first, accounts[0]).await;
    let second = world.approve(&second, accounts[1]).await;
    let (mut one, mut other) = (browser.clone(), browser.clone());
    tokio::join!(one.arrive(&first), other.arrive(&second));
}

/// T018.
#[tokio::test]
async fn two_tabs_that_finish_concurrently_link_both_accounts() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    finish_in_two_tabs(&world, &mut edward, ["edward", "mia"]).await;

    assert_eq!(connected(&mut edward).await.len(), 2);
    for user in ["edward", "mia"] {
        assert_eq!(subjects_of(&world, user).await, ["edward"], "no orphan");
    }
}

#[tokio::test]
async fn two_tabs_that_finish_concurrently_for_one_account_make_one_link() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    finish_in_two_tabs(&world, &mut edward, ["edward", "edward"]).await;

    assert_eq!(subjects_of(&world, "edward").await, ["edward"]);
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn of_two_users_who_connect_one_account_concurrently_one_has_it() {
    for _ in 0..10 {
        let world = world().await;
        let (mut mallory, mut edward) =
            (browser_of(&world, "mallory"), browser_of(&world, "edward"));
        let (hers, his) = (
            mallory.start_connect("").await,
            edward.start_connect("").await,
        );
        let hers = world.approve(&hers, "mia").await;
        let his = world.approve(&his, "mia").await;

        tokio::join!(mallory.arrive(&hers), edward.arrive(&his));

        assert_eq!(subjects_of(&world, "mia").await.len(), 1);
        let links = (
            connected(&mut mallory).await.len(),
            connected(&mut edward).await.len(),
        );
        assert!(links == (0, 1) || links == (1, 0), "{links:?}");
    }
}

/// The account's flow for more, with another account chosen at Atlassian.
#[tokio::test]
async fn the_wrong_account_changes_nothing_and_both_are_named() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "edward", "").await;
    let form = format!("account={}&return_to=/public", world.account("edward"));

    let (_, seen) = edward.connect(&world, "mia", &form).await;

    assert!(
        seen.location()
            .starts_with("/auth/error?reason=wrong_account")
    );
    let page = edward.open(seen.location()).await;
    assert_eq!(page.status(), 409);
    assert!(page.text().contains("Edward Byrne") && page.text().contains("Mia Krystof"));
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

#[tokio::test]
async fn jobs_find_the_grants_of_a_user_of_the_app() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "mia", "").await;
    world.pass(std::time::Duration::from_secs(1));
    edward.connect(&world, "edward", "").await;
    let subject = Subject::parse("edward").unwrap();

    let grants = world.auth.grants().of_subject(&subject).await.unwrap();

    let names: Vec<&str> = grants
        .iter()
        .map(|grant| grant.profile().unwrap().display_name())
        .collect();
    assert_eq!(names, ["Mia Krystof", "Edward Byrne"]);
    for grant in &grants {
        let site = &grant.sites().await.unwrap()[0];
        let jira = grant.client();
        let found = jira
            .jira(site)
            .get("/rest/api/3/project/search")
            .send()
            .await;
        assert!(found.is_ok());
    }
    grants[0].forget().await.unwrap();
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

#[tokio::test]
async fn a_job_gets_no_token_of_an_account_that_the_user_disconnected() {
    let world = sharing().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    edward.connect(&world, "mia", "").await;
    mallory.connect(&world, "mia", "").await;
    let subject = Subject::parse("mallory").unwrap();
    let grants = world.auth.grants().of_subject(&subject).await.unwrap();
    let site = grants[0].sites().await.unwrap()[0].clone();
    assert!(grants[0].access_token().await.is_ok());

    mallory.submit("/auth/disconnect", "").await;

    assert!(grants[0].access_token().await.is_err());
    let client = grants[0].client();
    let call = client.jira(&site).get("/rest/api/3/project/search");
    assert!(call.send().await.is_err());
}

#[tokio::test]
async fn the_policy_may_become_stricter_for_accounts_that_are_shared_already() {
    let shared = sharing().await;
    let (mut mallory, mut edward) = (
        browser_of(&shared, "mallory"),
        browser_of(&shared, "edward"),
    );
    edward.connect(&shared, "mia", "").await;
    mallory.connect(&shared, "mia", "").await;
    let strict = shared.another_connect(|builder| builder);
    let app = <super::super::App as threelo_tests::App>::connecting(&strict);
    let mut mallory = Browser::new(&app).with_user("app-user", "mallory");

    // Both go on as they were, also with a new consent; no third user is added.
    let (_, seen) = mallory.connect(&shared, "mia", "").await;
    assert!(
        seen.location().starts_with("/auth/connections"),
        "{}",
        seen.location()
    );
    let mut third = Browser::new(&app).with_user("app-user", "third");
    let (_, seen) = third.connect(&shared, "mia", "").await;
    assert!(seen.location().contains("linked_elsewhere"));
}

#[tokio::test]
async fn a_requested_site_is_chosen() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    edward
        .connect(&world, "mia", "site=borealis-lab.atlassian.net")
        .await;

    assert_eq!(edward.fetch("GET", "/board").await.text(), "Borealis Lab");
}

/// With several accounts, the remedy that an error offers is for the account it concerns.
#[tokio::test]
async fn a_step_up_of_one_of_several_accounts_names_it() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "edward", "").await;
    edward.connect(&world, "mia", "").await;
    world.sandbox.revoke_user("edward");
    world.pass(std::time::Duration::from_secs(3600));
    let account = world.account("edward");

    let seen = edward.fetch("GET", &format!("/of?account={account}")).await;

    assert_eq!(seen.json()["code"], "consent_needed");
    let to = seen.json()["login_url"].as_str().unwrap().to_owned();
    assert_eq!(
        to,
        format!(
            "/auth/connections?account={}",
            account.as_str().replace(':', "%3A")
        )
    );
    let page = edward.open(&to).await.text();
    assert!(page.contains("Connect again") && page.contains("Edward Byrne"));
}
