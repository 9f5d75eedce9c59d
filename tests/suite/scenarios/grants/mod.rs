//! Sections 4.4 and 4.6 of docs/protocol.md: one grant per app and account, which widens; and the sites that come and go.

mod picker;
mod site_requests;
mod widening;

use super::{Browser, World};

const AURORA: &str = "Aurora Design";
const BOREALIS: &str = "Borealis Lab";

/// A browser whose visitor consented for one site, and had no consent before.
async fn at_one_site(world: &World, site: &str) -> Browser {
    let mut browser = world.browser();
    let authorize = browser.start_login("/").await;
    consent(world, &mut browser, &authorize, site).await;
    browser
}

/// Ends Mia's earlier consents at Atlassian: the sandbox's seed has one for all three sites.
fn forget_earlier_consents(world: &World) {
    world.sandbox.revoke_user("mia");
}

/// Consents for one site and comes back; gives where that leads.
async fn consent(world: &World, browser: &mut Browser, authorize: &str, site: &str) -> String {
    let callback = world.approve_sites(authorize, "mia", &[site]).await;
    let seen = browser.arrive(&callback).await;
    seen.location().to_owned()
}

async fn names(browser: &mut Browser) -> Vec<String> {
    let seen = browser.fetch("GET", "/auth/sites").await.json();
    let name = |site: &serde_json::Value| site["name"].as_str().unwrap().to_owned();
    seen["sites"].as_array().unwrap().iter().map(name).collect()
}
