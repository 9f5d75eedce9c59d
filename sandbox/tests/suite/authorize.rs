//! The authorization request: its pages, its errors and its callback.

use threelo_sandbox::{Sandbox, Seed};
use url::Url;

use crate::client::{CALLBACK, Client};

#[tokio::test]
async fn the_forms_lead_a_user_from_the_login_to_the_callback() {
    let client = Client::new().await;
    let authorize = client.authorize(&[]);
    let query = Url::parse(&authorize).unwrap().query().unwrap().to_owned();
    let asked = [("request", query.as_str()), ("user", "edward")];
    let decide = async |decision: &str| {
        let fields = [&asked[..], &[("decision", decision)]].concat();
        let response = client.post_form("/authorize/consent", &fields).await;
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        (response.status().as_u16(), location)
    };

    let login = client.http.get(&authorize).send().await.unwrap();
    let login = login.text().await.unwrap();
    let consent = client.post_form("/authorize/user", &asked).await;
    let consent = consent.text().await.unwrap();
    let (status, accepted) = decide("accept").await;
    let (_, cancelled) = decide("cancel").await;

    assert!(login.contains("Edward Byrne"));
    assert!(consent.contains("Borealis Lab") && consent.contains("read:jira-work"));
    assert_eq!(status, 302);
    assert!(accepted.starts_with(&format!("{CALLBACK}?code=")));
    assert!(cancelled.contains("error=access_denied"));
}

#[tokio::test]
async fn invalid_authorization_requests_end_on_an_error_page() {
    let client = Client::new().await;
    for (change, said) in [
        (("client_id", "unknown"), "failed to retrieve client"),
        (
            ("redirect_uri", "https://evil.example/cb"),
            "invalid redirect_uri",
        ),
        (
            ("scope", "read:me manage:jira-project"),
            "scopes that have not been added to the app",
        ),
        (("scope", "openid read:me"), "Something went wrong"),
        (("scope", "report:personal-data"), "Something went wrong"),
        (("response_type", "token"), "incomplete or invalid"),
    ] {
        let response = client
            .http
            .get(client.authorize(&[change]))
            .send()
            .await
            .unwrap();

        assert_eq!(response.status(), 400, "{change:?}");
        assert!(response.headers().get("location").is_none());
        assert!(response.text().await.unwrap().contains(said), "{change:?}");
    }
}

#[tokio::test]
async fn a_cancelled_flow_returns_its_state_unless_the_knob_is_off() {
    let client = Client::new().await;

    let with = client
        .sandbox
        .cancel(&client.authorize(&[]), "mia")
        .await
        .unwrap();
    client.sandbox.knobs(|knobs| knobs.state_on_cancel = false);
    let without = client
        .sandbox
        .cancel(&client.authorize(&[]), "mia")
        .await
        .unwrap();

    assert!(with.contains("error=access_denied") && with.contains("state=the-state"));
    assert!(without.contains("error=access_denied") && !without.contains("state="));
}

#[tokio::test]
async fn a_site_that_blocks_apps_and_a_private_app_end_on_an_error_page() {
    let text = include_str!("../../seed.example.toml");
    let blocked = text.replace(
        "name = \"Borealis Lab\"\n",
        "name = \"Borealis Lab\"\nblocks_apps = true\n",
    );
    let private = text.replace(
        "any_loopback_callback = true",
        "any_loopback_callback = true\nprivate_to = \"mia\"",
    );
    for (seed, said) in [
        (blocked, "Your site admin must authorize this app"),
        (private, "This app is private"),
    ] {
        let sandbox = Sandbox::builder()
            .seed(Seed::parse(&seed).unwrap())
            .start()
            .await
            .unwrap();
        let client = Client {
            sandbox,
            ..Client::new().await
        };

        let stranded = client
            .sandbox
            .approve(&client.authorize(&[]), "edward", None)
            .await
            .unwrap_err();

        assert!(stranded.to_string().contains(said), "{stranded}");
    }
}
