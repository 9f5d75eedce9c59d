//! How a flow starts: by a form, a script or a handler.

use bytes::Bytes;

use super::{World, browser_of, connected, world};

#[tokio::test]
async fn a_connect_starts_by_form_by_htmx_and_by_json() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let own = ("sec-fetch-site", "same-origin");

    let json = [
        own,
        ("accept", "application/json"),
        ("content-type", "application/json"),
    ];
    let body = Bytes::from_static(br#"{"return_to": "/public", "scope": "write:jira-work"}"#);
    let seen = edward.send("POST", "/auth/connect", &json, body).await;
    assert_eq!(seen.status(), 200);
    let body = seen.json();
    let location = body["location"].as_str().unwrap();
    assert!(location.contains("write%3Ajira-work"), "{location}");
    edward.consent(&world, location, "edward").await;
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);

    let htmx = [own, ("hx-request", "true"), ("sec-fetch-mode", "cors")];
    let seen = edward.request("POST", "/auth/connect", &htmx).await;
    assert_eq!(seen.status(), 200);
    assert!(seen.header("hx-redirect").contains("/authorize?"));
}

#[tokio::test]
async fn a_handler_starts_a_flow_and_gets_its_details_back() {
    use std::sync::{Arc, Mutex};
    let told = Arc::new(Mutex::new(Vec::new()));
    let tells = Arc::clone(&told);
    let world = World::connecting(move |builder| {
        builder.on_connected(move |connected| {
            let details: String = connected.details.read().unwrap_or_default();
            let who = format!("{} {} {details}", connected.subject, connected.account_id());
            tells.lock().unwrap().push(who);
            async { Ok(threelo::HookDecision::GoTo("/public?linked=1".to_owned())) }
        })
    })
    .await;
    let mut edward = browser_of(&world, "edward");

    let started = edward.submit("/start", "").await;
    assert_eq!(started.status(), 303, "{}", started.text());
    let seen = edward.consent(&world, started.location(), "edward").await;

    // The hook chooses the target, so no built-in page comes in between.
    assert_eq!(seen.location(), "/public?linked=1");
    let account = world.account("edward");
    assert_eq!(
        *told.lock().unwrap(),
        [format!("edward {account} ticket 17")]
    );
}

#[tokio::test]
async fn a_hook_that_refuses_links_nothing() {
    let world = World::connecting(|builder| {
        builder.on_connected(|_| async { Ok(threelo::HookDecision::Refuse) })
    })
    .await;
    let mut edward = browser_of(&world, "edward");

    let (_, seen) = edward.connect(&world, "edward", "").await;

    assert!(
        seen.location()
            .starts_with("/auth/error?reason=refused_by_app")
    );
    assert!(connected(&mut edward).await.is_empty());
    assert!(!world.has_grant("edward").await);
}

#[tokio::test]
async fn a_handler_that_may_not_start_a_flow_leads_to_a_button_for_the_same_one() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    // By a link; and by a handler that does not ask for the user.
    let button = edward.open("/start").await.location().to_owned();
    assert_eq!(button, "/auth/connections?return_to=%2Fpublic");
    assert!(
        edward
            .open(&button)
            .await
            .text()
            .contains("value=\"/public\"")
    );
    for seen in [
        edward.open("/start-unasked").await,
        edward.submit("/start-unasked", "").await,
    ] {
        assert_eq!((seen.status(), seen.location()), (303, "/auth/connections"));
    }
}
