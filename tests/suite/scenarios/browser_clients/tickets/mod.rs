//! Origins of another site: one-time tickets, and what they are redeemed for.

mod delivery;
mod limits;
mod sessions;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use threelo_tests::Seen;

use super::super::App;
use super::{
    BOARD, Browser, CHROMIUMAPP, EVIL, EXTENSION, OTHER, SPA, Script, World, get, is_readable,
    open_to_browsers, post, world,
};

const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123456789";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// Signs in by a navigation that comes back to a page of `origin`, and gives the ticket.
async fn ticket(world: &World, browser: &mut Browser, origin: &str, back: &str) -> String {
    let start = format!(
        "/auth/login?return_to={back}%2Fboard&origin={origin}&challenge={}",
        challenge()
    );
    let seen = browser.arrive(&start).await;
    assert_eq!(seen.status(), 303, "{}", seen.text());
    let landed = browser.consent(world, seen.location(), "mia").await;
    let handed = landed.location().split_once("#threelo_ticket=");
    let (place, ticket) = handed.unwrap_or_else(|| panic!("no ticket: {}", landed.location()));
    assert_eq!((landed.status(), place), (303, &*format!("{back}/board")));
    ticket.to_owned()
}

/// Signs Mia in in a window of her own, and gives the ticket for `OTHER`.
async fn any_ticket(world: &World) -> String {
    ticket(world, &mut world.browser(), OTHER, OTHER).await
}

fn redeeming(ticket: &str, verifier: &str, deliver: &str) -> String {
    serde_json::json!({ "ticket": ticket, "verifier": verifier, "deliver": deliver }).to_string()
}

/// A script of a page at `origin` redeems a ticket.
async fn redeem(page: &mut Browser, origin: &str, ticket: &str, deliver: &str) -> Seen {
    let body = redeeming(ticket, VERIFIER, deliver);
    post(page, origin, "/auth/redeem", &body).await
}
