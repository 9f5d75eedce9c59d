//! The rotation of refresh tokens.

use std::time::Duration;

use crate::client::{BAD_REFRESH, Client, Refusal, refused, text};

#[tokio::test]
async fn a_refresh_rotates_the_token_and_the_previous_one_works_for_ten_minutes() {
    let client = Client::new().await;
    let first = client.tokens("mia", &[]).await;
    let first = text(&first, "refresh_token");
    let (status, second) = client.refresh(first).await;
    assert_eq!(status, 200);
    assert_ne!(text(&second, "refresh_token"), first);

    client.sandbox.clock().advance(Duration::from_secs(599));
    assert_eq!(client.refresh(first).await.0, 200, "within the leeway");
    client.sandbox.clock().advance(Duration::from_secs(2));
    let late = client.refresh(first).await;

    assert!(late.0 == 403 && refused(&late, &BAD_REFRESH), "{late:?}");
    assert!(
        refused(
            &client.refresh(text(&second, "refresh_token")).await,
            &BAD_REFRESH
        ),
        "the family is revoked"
    );
}

#[tokio::test]
async fn a_token_older_than_the_previous_one_revokes_the_family_even_within_the_leeway() {
    let client = Client::new().await;
    let first = client.tokens("mia", &[]).await;
    let second = client.refresh(text(&first, "refresh_token")).await.1;
    let third = client.refresh(text(&second, "refresh_token")).await.1;

    assert!(refused(
        &client.refresh(text(&first, "refresh_token")).await,
        &BAD_REFRESH
    ));
    assert!(refused(
        &client.refresh(text(&third, "refresh_token")).await,
        &BAD_REFRESH
    ));
}

#[tokio::test]
async fn refresh_tokens_can_be_single_use_and_expire_when_idle_with_documented_errors() {
    let client = Client::new().await;
    client.sandbox.knobs(|knobs| {
        knobs.leeway = Duration::ZERO;
        knobs.documented_errors = true;
    });
    let first = client.tokens("mia", &[]).await;
    client.refresh(text(&first, "refresh_token")).await;
    let again = client.refresh(text(&first, "refresh_token")).await;
    assert!(
        refused(
            &again,
            &Refusal {
                error: "invalid_grant",
                description: "Unknown or invalid refresh token."
            }
        ),
        "{again:?}"
    );

    let idle = client.tokens("mia", &[]).await;
    client
        .sandbox
        .clock()
        .advance(Duration::from_secs(90 * 24 * 3600));
    assert_eq!(client.refresh(text(&idle, "refresh_token")).await.0, 403);
}

#[tokio::test]
async fn a_second_consent_revokes_the_first_family_if_the_knob_is_on() {
    for kills in [false, true] {
        let client = Client::new().await;
        client
            .sandbox
            .knobs(|knobs| knobs.second_consent_kills = kills);
        let first = client.tokens("mia", &[]).await;
        client.tokens("mia", &[]).await;

        assert_eq!(
            client.refresh(text(&first, "refresh_token")).await.0 == 200,
            !kills
        );
    }
}
