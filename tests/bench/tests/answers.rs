//! Every case authenticates, and the number of allocations stays low.

#![expect(clippy::unwrap_used, reason = "a test")]

use http::StatusCode;
use threelo_bench::apps::{APPS, App, Stores};
use threelo_bench::measure::{Case, Effort, interleave};
use threelo_bench::sessions::{self, COOKIE_NAME, Cookies, Numbers};
use threelo_bench::visit::{Head, VISITS, Visit};
use tower::ServiceExt;

const COUNT: usize = 100;

/// The allocations that threelo may add to those of an empty layer, on any route.
const ALLOCATIONS: f64 = 3.0;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

fn stores() -> Stores {
    let profiles = sessions::profiles(10).unwrap();
    Stores::new(
        sessions::floors(COUNT, &profiles),
        sessions::ours(COUNT, &profiles).unwrap(),
    )
}

async fn status(app: App, stores: &Stores, visit: Visit, cookie: &str) -> StatusCode {
    let router = app.router(stores).unwrap();
    let response = router.oneshot(visit.request(cookie).unwrap()).await;
    response.unwrap().status()
}

#[test]
fn the_cookie_name_is_the_one_that_auth_reads() {
    let auth = threelo_bench::apps::auth(&stores().ours).unwrap();

    assert_eq!(auth.config().cookies.session, COOKIE_NAME);
}

#[test]
fn every_measured_visit_is_answered() {
    let (stores, cookies) = (stores(), Cookies::of(COUNT));
    let mut numbers = Numbers::named("answers");

    for visit in VISITS {
        for app in APPS {
            let cookie = cookies.pick(&mut numbers);

            let status = runtime().block_on(status(app, &stores, visit, cookie));

            assert_eq!(status, StatusCode::OK, "{} {}", visit.name(), app.name());
        }
    }
}

#[test]
fn strangers_do_not_get_in() {
    let stores = stores();
    let foreign = format!("{COOKIE_NAME}={}", "A".repeat(43));
    let visits = VISITS.iter().filter(|visit| visit.path == "/me");

    for visit in visits {
        for app in [App::Floor, App::Ours] {
            let anonymous = Visit {
                has_cookie: false,
                ..*visit
            };
            // A browser is redirected to the login.
            let expected = match (app, visit.head) {
                (App::Ours, Head::Browser) => StatusCode::SEE_OTHER,
                _ => StatusCode::UNAUTHORIZED,
            };

            let without = runtime().block_on(status(app, &stores, anonymous, ""));
            let with_foreign = runtime().block_on(status(app, &stores, *visit, &foreign));

            assert_eq!([without, with_foreign], [expected; 2], "{}", app.name());
        }
    }
}

#[test]
fn a_route_allocates_little_more_than_under_an_empty_layer() {
    let (stores, cookies) = (stores(), Cookies::of(COUNT));

    for visit in &VISITS {
        let mut cases = [App::EmptyLayer, App::Ours]
            .map(|app| Case::new(*visit, app, app.router(&stores).unwrap()));
        interleave(&runtime(), &mut cases, &cookies, Effort::QUICK);
        let [empty, ours] = cases.map(|case| case.allocations());

        assert!(
            ours - empty <= ALLOCATIONS,
            "{}: {ours} over {empty}",
            visit.name()
        );
    }
}
