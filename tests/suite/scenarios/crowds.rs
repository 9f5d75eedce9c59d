//! More callbacks than there are places, from one network and from many: T165 (docs/attacks.md).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use threelo::{BoxError, CodeExchange, LimitDecision};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{App as _, Seen, capture_logs};

use super::{App, Browser, World};

/// The part of one client, and how many of its codes may be refused in a minute.
const SHARE: usize = 16;
const REFUSALS: usize = 20;
/// All places.
const PLACES: usize = 160;
const MALLORY: &str = "203.0.113.66";
const EDWARD: &str = "198.51.100.7";

async fn behind_a_proxy() -> World {
    World::with(|builder| builder.trusted_proxies(1)).await
}

/// A browser arrives at the callback, through a proxy that adds its address.
async fn arrive_from(browser: &mut Browser, address: &str, callback: &str) -> Seen {
    let headers = [
        ("accept", "text/html"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "cross-site"),
        // What the client wrote stands before what the proxy saw.
        ("x-forwarded-for", "192.0.2.1, 192.0.2.2"),
        ("x-forwarded-for", address),
    ];
    browser.request("GET", callback, &headers).await
}

/// A flow of a browser, and its callback with a code that nobody gave out.
async fn junk(world: &World) -> (Browser, String) {
    let mut browser = world.browser();
    let authorize = browser.start_login("/user").await;
    let state = authorize.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    let callback = format!("/auth/callback?code=junk&state={state}");
    (browser, callback)
}

/// So many junk codes of one client at once.
async fn junk_from(world: &World, address: &str, count: usize) -> Vec<Seen> {
    let arrivals = (0..count).map(async |_| {
        let (mut browser, callback) = junk(world).await;
        let cookies = browser.cookies.clone();
        let seen = arrive_from(&mut browser, address, &callback).await;
        if seen.status() == 429 {
            assert_eq!(browser.cookies, cookies, "the flow's cookie stays");
        }
        seen
    });
    join_all(arrivals).await
}

fn limited(seen: &[Seen]) -> usize {
    seen.iter().filter(|seen| seen.status() == 429).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_codes_of_one_client_leave_the_others_their_places() {
    let world = behind_a_proxy().await;
    let slow = Fault::Delay(Duration::from_secs(1));
    world.sandbox.fault(Endpoint::Token, slow, SHARE);
    let mut edward = world.browser();
    let callback = edward.callback_of_login(&world, "edward", "/user").await;

    let (mallorys, edwards) = futures_util::future::join(
        junk_from(&world, MALLORY, 40),
        arrive_from(&mut edward, EDWARD, &callback),
    )
    .await;

    assert_eq!(limited(&mallorys), 40 - SHARE);
    assert_eq!(edwards.location(), "/user");
    let page = mallorys.iter().find(|seen| seen.status() == 429).unwrap();
    assert_eq!(page.header("retry-after"), "5");
    assert_eq!(page.header("refresh"), "5");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.text().contains("href=\"\""), "{}", page.text());
    assert!(!page.text().contains("junk"), "the page holds no code");
}

#[tokio::test]
async fn a_network_whose_codes_are_refused_waits_and_then_goes_on_with_the_same_flow() {
    let world = behind_a_proxy().await;
    for _ in 0..REFUSALS / 10 {
        let refused = junk_from(&world, MALLORY, 10).await;
        assert_eq!(limited(&refused), 0);
    }
    let calls = world.sandbox.count("POST", "/oauth/token");
    assert_eq!(calls, REFUSALS);
    // Somebody honest in the same network.
    let mut mia = world.browser();
    let callback = mia.callback_of_login(&world, "mia", "/user").await;

    let waits = arrive_from(&mut mia, MALLORY, &callback).await;
    let elsewhere = world.signed_in("edward").await.who_am_i().await;
    world.pass(Duration::from_secs(60));
    let goes_on = arrive_from(&mut mia, MALLORY, &callback).await;

    let seconds: u64 = waits.header("retry-after").parse().unwrap();
    assert_eq!((waits.status(), seconds), (429, 60));
    assert!(elsewhere.is_some());
    assert_eq!(goes_on.location(), "/user");
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_is_not_read() {
    let world = World::new().await;

    let seen = junk_from(&world, MALLORY, REFUSALS + 5).await;

    assert_eq!(limited(&seen), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_for_whom_there_is_no_place_comes_again_by_itself() {
    let world = World::new().await;
    let slow = Fault::Delay(Duration::from_secs(1));
    world.sandbox.fault(Endpoint::Token, slow, PLACES);
    let mut mia = world.browser();
    let callback = mia.callback_of_login(&world, "mia", "/user").await;
    let flows = join_all((0..PLACES).map(|_| junk(&world))).await;
    let arrivals = flows.into_iter().map(async |(mut browser, callback)| {
        arrive_from(&mut browser, MALLORY, &callback).await.status()
    });
    let crowd = join_all(arrivals);
    let one_more = async {
        while world.sandbox.count("POST", "/oauth/token") < 32 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let waits = mia.arrive(&callback).await;
        assert_eq!(waits.status(), 503, "{}", waits.location());
        assert_eq!(waits.header("refresh"), "5");
        assert_eq!(waits.header("retry-after"), "5");
        loop {
            let seen = mia.arrive(&callback).await;
            if seen.status() != 503 {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };

    let (_, goes_on) = futures_util::future::join(crowd, one_more).await;

    assert_eq!(goes_on.location(), "/user");
}

/// An app whose limit decides this, and what its limit was told.
async fn limited_by_app(
    decide: impl Fn(&CodeExchange) -> Result<LimitDecision, BoxError> + Send + Sync + 'static,
) -> (World, Arc<Mutex<Vec<CodeExchange>>>) {
    let told: Arc<Mutex<Vec<CodeExchange>>> = Arc::default();
    let tells = Arc::clone(&told);
    let world = World::with(|builder| {
        builder.trusted_proxies(1).limit_exchanges(move |exchange| {
            let decision = decide(&exchange);
            tells.lock().unwrap().push(exchange);
            std::future::ready(decision)
        })
    });
    (world.await, told)
}

#[tokio::test]
async fn the_apps_own_limit_lets_a_visitor_wait_who_then_goes_on_with_the_same_flow() {
    let first = Mutex::new(true);
    let (world, told) = limited_by_app(move |exchange| {
        let is_first = std::mem::take(&mut *first.lock().unwrap());
        Ok(match exchange.client {
            Some(address) if address.to_string() == MALLORY => {
                LimitDecision::RetryAfter(Duration::from_secs(u64::MAX))
            }
            _ if is_first => LimitDecision::RetryAfter(Duration::from_millis(1)),
            _ => LimitDecision::Continue,
        })
    })
    .await;
    let mut edward = world.browser();
    let callback = edward.callback_of_login(&world, "edward", "/user").await;

    let waits = arrive_from(&mut edward, EDWARD, &callback).await;
    let calls = world.sandbox.count("POST", "/oauth/token");
    let waits_long = arrive_from(&mut edward, MALLORY, &callback).await;
    let goes_on = arrive_from(&mut edward, EDWARD, &callback).await;

    assert_eq!(waits.status(), 429, "{}", waits.location());
    assert_eq!(waits.header("retry-after"), "1");
    assert_eq!(waits.header("refresh"), "1");
    assert_eq!(calls, 0, "nothing is exchanged");
    // No longer than a flow lives.
    assert_eq!(
        (waits_long.status(), waits_long.header("retry-after")),
        (429, "600")
    );
    assert_eq!(goes_on.location(), "/user");
    let clients: Vec<String> = told
        .lock()
        .unwrap()
        .iter()
        .map(|exchange| exchange.client.unwrap().to_string())
        .collect();
    assert_eq!(clients, [EDWARD, MALLORY, EDWARD]);
}

#[tokio::test]
async fn a_limit_of_the_app_that_fails_keeps_nobody_out() {
    for fails in [
        (|_: &CodeExchange| Err("the limiter is down".into())) as fn(&_) -> _,
        |_| panic!("a bug of the app"),
    ] {
        let (world, _) = limited_by_app(fails).await;

        let (_, seen) = world.browser().sign_in(&world, "mia", "/user").await;

        assert_eq!(seen.location(), "/user");
    }
}

#[tokio::test]
async fn a_cancel_asks_no_limit() {
    let (world, told) = limited_by_app(|_| Ok(LimitDecision::Continue)).await;
    let mut mia = world.browser();
    let authorize = mia.start_login("/user").await;
    let state = authorize.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();

    let cancel = format!("/auth/callback?error=access_denied&state={state}");
    arrive_from(&mut mia, MALLORY, &cancel).await;

    assert!(told.lock().unwrap().is_empty());
}

/// A callback over a connection, with the flow of a browser and a code that nobody gave out; gives its status.
async fn junk_callback(world: &World, port: u16) -> u16 {
    let (browser, callback) = junk(world).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let address = format!("http://127.0.0.1:{port}{callback}");
    let request = client.build().unwrap().get(address);
    let request = request.header("cookie", browser.cookie_header());
    // Nobody is in front of the app: what a client writes here means nothing.
    let number = browser.cookie_header().len();
    let request = request.header("x-forwarded-for", format!("192.0.2.{}", number % 250));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn without_proxies_the_peer_of_the_connection_is_the_client() {
    let world = World::with(|builder| builder.trusted_proxies(0)).await;
    let port = App::listen(&world.auth).await;
    for _ in 0..20 {
        assert_eq!(junk_callback(&world, port).await, 303);
    }

    assert_eq!(junk_callback(&world, port).await, 429);
}

#[tokio::test]
async fn trusted_proxies_without_an_address_are_said_once() {
    const WARNING: &str = "such clients are not limited trusted_proxies=77";
    let logs = capture_logs();
    let world = World::with(|builder| builder.trusted_proxies(77)).await;

    for _ in 0..3 {
        world.signed_in("mia").await;
    }

    // This scenario runs on two frameworks in one process, which has one log.
    let said = logs.text().matches(WARNING).count();
    assert!((1..=2).contains(&said), "{said} times");
}
