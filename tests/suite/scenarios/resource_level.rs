//! Resource-level apps: one grant per consent, for the sites that were chosen there.

use std::time::Duration;

use threelo::AccessType;
use threelo_sandbox::GrantType;

use super::{Browser, World};

const AURORA: &str = "Aurora Design";
const BOREALIS: &str = "Borealis Lab";
const SEARCH: &str = "/rest/api/3/project/search";

async fn world() -> World {
    let world = World::with(|builder| builder.access_type(AccessType::Resource)).await;
    at_a_resource_level_app(world)
}

async fn connecting() -> World {
    let world = World::connecting(|builder| builder.access_type(AccessType::Resource)).await;
    at_a_resource_level_app(world)
}

fn at_a_resource_level_app(world: World) -> World {
    let grant_type = Some(GrantType::Resource);
    world.sandbox.knobs(|knobs| knobs.grant_type = grant_type);
    world
}

async fn consent(world: &World, browser: &mut Browser, sites: &[&str]) {
    world.pass(Duration::from_secs(1));
    let authorize = browser.start_login("/").await;
    let callback = world.approve_sites(&authorize, "mia", sites).await;
    let seen = browser.arrive(&callback).await;
    assert_eq!(seen.location(), "/");
}

async fn connect(world: &World, browser: &mut Browser, sites: &[&str]) -> String {
    world.pass(Duration::from_secs(1));
    let authorize = browser.start_connect("").await;
    let callback = world.approve_sites(&authorize, "mia", sites).await;
    let seen = browser.arrive(&callback).await;
    seen.location().to_owned()
}

/// Mia has consented twice: for Aurora Design, and then for Borealis Lab.
async fn two_consents() -> (World, Browser) {
    let world = world().await;
    let mut browser = world.browser();
    consent(&world, &mut browser, &[AURORA]).await;
    consent(&world, &mut browser, &[BOREALIS]).await;
    (world, browser)
}

async fn call_both_sites(browser: &mut Browser) {
    for site in ["aurora-design", "borealis-lab"] {
        let path = format!("/myself?site={site}.atlassian.net");
        assert_eq!(browser.fetch("GET", &path).await.status(), 200, "{site}");
    }
}

/// The access tokens with which calls came to the sites, in order.
fn tokens_used(world: &World) -> Vec<String> {
    let calls = world.sandbox.journal();
    let calls = calls.iter().filter(|entry| entry.path.ends_with(SEARCH));
    calls
        .map(|entry| entry.bearer.clone().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn two_consents_are_two_grants_and_each_site_is_called_with_its_own_token() {
    let (world, mut browser) = two_consents().await;

    let sites = browser.fetch("GET", "/auth/sites").await.json();
    assert_eq!(sites["sites"].as_array().unwrap().len(), 2);
    call_both_sites(&mut browser).await;

    let used = tokens_used(&world);
    assert_ne!(used[0], used[1]);
    let grant = world.grant_of("mia").await;
    let sites = grant.sites().await.unwrap();
    for (site, used) in sites.iter().zip(&used) {
        let token = grant.access_token_for(site).await.unwrap().unwrap();
        assert_eq!(token.expose(), used, "{}", site.name);
    }
}

#[tokio::test]
async fn each_grant_is_refreshed_by_itself() {
    let (world, mut browser) = two_consents().await;
    world.pass(Duration::from_secs(3600));

    for _ in 0..3 {
        call_both_sites(&mut browser).await;
    }

    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_site_that_no_consent_reaches_is_called_with_no_token() {
    let (world, _browser) = two_consents().await;
    let grant = world.grant_of("mia").await;
    let mut sites = grant.sites().await.unwrap().to_vec();
    sites[0].id = threelo::CloudId::parse("33333333-cccc-4ccc-8ccc-333333333333").unwrap();

    let call = grant.client().jira(&sites[0]).get(SEARCH).send().await;

    assert!(matches!(
        call.unwrap_err().kind(),
        threelo::ApiErrorKind::SiteGone
    ));
    assert!(tokens_used(&world).is_empty());
}

#[tokio::test]
async fn a_consent_that_covers_an_older_one_takes_its_place() {
    let (world, mut browser) = two_consents().await;
    let key = world.grant_key("mia");
    let count = async || world.grants_of(&key).await.len();
    assert_eq!(count().await, 2);

    consent(&world, &mut browser, &[AURORA, BOREALIS]).await;

    assert_eq!(count().await, 1);
    call_both_sites(&mut browser).await;
    let used = tokens_used(&world);
    assert_eq!(used[0], used[1]);
}

#[tokio::test]
async fn an_account_with_several_consents_is_one_connection_and_is_disconnected_as_one() {
    let world = connecting().await;
    let mut edward = world.browser().with_user("app-user", "edward");
    for site in [AURORA, BOREALIS] {
        connect(&world, &mut edward, &[site]).await;
    }
    let seen = edward.fetch("GET", "/auth/connections").await.json();
    let connections = seen["connections"].as_array().unwrap();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0]["sites"].as_array().unwrap().len(), 2);
    let path = "/myself?site=borealis-lab.atlassian.net";
    assert_eq!(edward.fetch("GET", path).await.status(), 200);

    // Another user of the app is refused, whichever site they chose.
    let mut mallory = world.browser().with_user("app-user", "mallory");
    let authorize = mallory.start_connect("").await;
    let callback = world
        .approve_sites(&authorize, "mia", &["Cirrus Support"])
        .await;
    let seen = mallory.arrive(&callback).await;
    assert!(
        seen.location().contains("linked_elsewhere"),
        "{}",
        seen.location()
    );

    edward.submit("/auth/disconnect", "").await;
    assert!(world.grants_of(&world.grant_key("mia")).await.is_empty());
    assert!(world.auth.drain(Duration::from_secs(5)).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 2);
}

/// Both find the account free, and both store a grant, but they never both keep it.
#[tokio::test]
async fn of_two_users_who_connect_one_account_concurrently_at_most_one_has_it() {
    for sites in [[AURORA, AURORA], [AURORA, BOREALIS]] {
        let world = connecting().await;
        let mut users =
            ["mallory", "edward"].map(|user| world.browser().with_user("app-user", user));
        let [mallory, edward] = &mut users;
        let (hers, his) = (
            mallory.start_connect("").await,
            edward.start_connect("").await,
        );
        let hers = world.approve_sites(&hers, "mia", &sites[..1]).await;
        let his = world.approve_sites(&his, "mia", &sites[1..]).await;
        world.grants.meet_at_insert(2);

        let (hers, his) = tokio::join!(mallory.arrive(&hers), edward.arrive(&his));

        let grants = world.grants_of(&world.grant_key("mia")).await;
        let links: usize = grants.iter().map(|grant| grant.links.len()).sum();
        let told = [hers, his].map(|seen| seen.location().contains("linked_elsewhere"));
        assert!(links <= 1, "two users have one account");
        assert_eq!(
            told.iter().filter(|refused| !**refused).count(),
            links,
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_user_who_is_told_that_connecting_failed_has_nothing_linked() {
    let world = connecting().await;
    let mut edward = world.browser().with_user("app-user", "edward");
    world.grants.go_down_after_insert();
    let authorize = edward.start_connect("").await;
    let callback = world.approve_sites(&authorize, "mia", &[AURORA]).await;
    let mut arriving = edward.clone();
    let before = world.grants.loads();
    let arrival = tokio::spawn(async move { arriving.arrive(&callback).await });
    while world.grants.loads() < before + 5 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    world.grants.set_down(false);

    let seen = arrival.await.unwrap();

    let is_told = seen.location().contains("unavailable");
    let linked = world.grants_of(&world.grant_key("mia")).await.len();
    assert_eq!(linked, usize::from(!is_told), "{}", seen.location());
}

#[tokio::test]
async fn a_narrower_consent_that_takes_an_older_ones_place_is_noticed() {
    let world = world().await;
    let mut desk = world.browser();
    let seen = desk.open("/auth/login?scope=write:jira-work").await;
    let callback = world.approve_sites(seen.location(), "mia", &[AURORA]).await;
    desk.arrive(&callback).await;
    assert_eq!(desk.open("/writers").await.text(), "in");
    let mut phone = world.browser();

    consent(&world, &mut phone, &[AURORA]).await;

    assert_eq!(
        desk.fetch("GET", "/writers").await.json()["reason"],
        "narrowed"
    );
}

#[tokio::test]
async fn a_wider_consent_keeps_the_choice_of_site_and_the_age_of_the_connection() {
    let world = connecting().await;
    let mut edward = world.browser().with_user("app-user", "edward");
    connect(&world, &mut edward, &[AURORA, BOREALIS]).await;
    let before = edward.fetch("GET", "/auth/connections").await.json();
    let aurora = "site=11111111-aaaa-4aaa-8aaa-111111111111";
    edward.submit("/auth/site", aurora).await;

    connect(&world, &mut edward, &[AURORA, BOREALIS, "Cirrus Support"]).await;

    assert_eq!(edward.fetch("GET", "/board").await.text(), AURORA);
    let after = edward.fetch("GET", "/auth/connections").await.json();
    let since = |seen: &serde_json::Value| seen["connections"][0]["connected_at"].clone();
    assert_eq!(since(&before), since(&after));
}

#[tokio::test]
async fn a_consent_that_ended_does_not_block_the_other_sites() {
    let (world, mut browser) = two_consents().await;
    let grants = world.grants_of(&world.grant_key("mia")).await;
    let newest = grants
        .iter()
        .max_by_key(|grant| grant.consented_at)
        .unwrap();
    let ended = threelo::internals::GrantRecord {
        consent_needed: Some(threelo::internals::ConsentMark {
            reason: threelo::ConsentReason::Refused,
            since: newest.consented_at,
            checked_at: newest.consented_at,
        }),
        version: newest.version + 1,
        ..(**newest).clone()
    };
    use threelo::internals::GrantStore as _;
    let replaced = world
        .grants
        .replace(newest.version, std::sync::Arc::new(ended))
        .await;
    assert_eq!(replaced.unwrap(), threelo::store::Replaced::Done);
    world.pass(Duration::from_secs(301));

    let seen = browser
        .fetch("GET", "/myself?site=aurora-design.atlassian.net")
        .await;
    assert_eq!(seen.status(), 200, "{}", seen.text());
    let seen = browser
        .fetch("GET", "/myself?site=borealis-lab.atlassian.net")
        .await;
    assert_eq!(seen.json()["code"], "consent_needed");
}

#[tokio::test]
async fn a_site_of_two_consents_is_listed_once_and_the_new_one_is_marked() {
    let world = connecting().await;
    let mut edward = world.browser().with_user("app-user", "edward");
    connect(&world, &mut edward, &[AURORA, BOREALIS]).await;
    connect(&world, &mut edward, &[BOREALIS, "Cirrus Support"]).await;

    let seen = edward.fetch("GET", "/auth/connections").await.json();
    assert_eq!(seen["connections"][0]["sites"].as_array().unwrap().len(), 3);
    let page = edward.open("/auth/connections").await.text();
    for host in ["aurora-design", "borealis-lab", "cirrus-support"] {
        assert_eq!(
            page.matches(&format!("{host}.atlassian.net")).count(),
            1,
            "{host}"
        );
    }
    let sites = edward.fetch("GET", "/auth/sites").await.json();
    let added = sites["sites"].as_array().unwrap().iter();
    let added: Vec<bool> = added.map(|site| site["added"].as_bool().unwrap()).collect();
    assert_eq!(added, [false, false, true]);
}

/// With `Share`, a wider consent belongs to the user who gave it; the other user keeps what they had.
#[tokio::test]
async fn a_wider_consent_is_not_given_to_the_other_user_of_the_account() {
    let world = World::connecting(|builder| {
        let builder = builder.access_type(AccessType::Resource);
        builder.link_policy(threelo::LinkPolicy::Share)
    })
    .await;
    world
        .sandbox
        .knobs(|knobs| knobs.grant_type = Some(GrantType::Resource));
    let [mut mallory, mut edward] =
        ["mallory", "edward"].map(|user| world.browser().with_user("app-user", user));
    connect(&world, &mut mallory, &[AURORA]).await;
    connect(&world, &mut edward, &[AURORA, BOREALIS]).await;

    let count = async |browser: &mut Browser| {
        let seen = browser.fetch("GET", "/auth/sites").await.json();
        seen["sites"].as_array().unwrap().len()
    };
    assert_eq!(
        (count(&mut mallory).await, count(&mut edward).await),
        (1, 2)
    );
}
