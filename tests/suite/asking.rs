//! When an app with users of its own is asked for its user.

use http::Request;
use threelo::Forward;
use threelo::adapter::Action;
use threelo::adapter::RequestHead;
use threelo::{Connect, Credentials};

const SPA: &str = "http://localhost:5173";

#[test]
fn the_app_is_asked_for_its_user_only_where_the_answer_depends_on_them() {
    let connect = Connect::builder(Credentials::new("id", "secret"), "http://localhost:3000")
        .same_site_origins([SPA])
        .access_tokens()
        .forward([Forward::to("jira", "/rest/api/3/").methods(["GET", "POST"])])
        .build()
        .unwrap();
    let call = "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/x";
    let same = ("sec-fetch-site", "same-origin");
    let sibling = ("sec-fetch-site", "same-site");
    let foreign = ("sec-fetch-site", "cross-site");
    let (listed, proof) = (("origin", SPA), ("x-threelo", "1"));
    let navigates = ("sec-fetch-mode", "navigate");
    let rows: [(&str, &str, &[(&str, &str)], bool); 18] = [
        ("GET", "/auth/sites", &[same], true),
        ("GET", "/auth/sites", &[listed, sibling], true),
        ("GET", "/auth/sites", &[sibling], false),
        ("GET", "/auth/sites", &[foreign], false),
        ("GET", "/auth/sites", &[foreign, navigates], false),
        ("GET", "/auth/connections", &[foreign, navigates], false),
        ("GET", "/auth/connections", &[same, navigates], true),
        ("POST", "/auth/connect", &[same], true),
        ("POST", "/auth/connect", &[foreign], false),
        ("POST", "/auth/connect", &[], false),
        ("POST", "/auth/token", &[listed, sibling], false),
        ("POST", "/auth/token", &[listed, sibling, proof], true),
        ("GET", call, &[listed, sibling], true),
        ("GET", call, &[foreign], false),
        ("POST", call, &[listed, sibling], false),
        ("POST", call, &[listed, sibling, proof], true),
        ("OPTIONS", call, &[listed, sibling], false),
        (
            "GET",
            "/auth/callback?code=x&state=y",
            &[foreign, navigates],
            false,
        ),
    ];
    for (method, path, fields, asks) in rows {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let action = RequestHead::lend(&request, |head| connect.handle(head));
        let Action::Respond(answer) = action else {
            panic!("{path} is ours");
        };
        assert_eq!(answer.wants_subject(), asks, "{method} {path} {fields:?}");
    }
}
