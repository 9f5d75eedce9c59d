//! Every wrong value is a build error that names the value and the remedy: T216, T076, T090, T120, T147, T149,
//! T171 (docs/attacks.md).

use std::time::Duration;

use threelo::{Auth, AuthBuilder, Credentials, Environment};

fn builder() -> AuthBuilder {
    Auth::builder(
        Credentials::new("client-id", "client-secret"),
        "https://app.example.com",
    )
}

fn problem(builder: AuthBuilder) -> String {
    builder
        .build()
        .expect_err("the settings are wrong")
        .to_string()
}

#[test]
fn a_public_url_is_an_origin_and_plain_http_is_for_loopback() {
    for wrong in [
        "http://app.example.com",
        "https://app.example.com/tool",
        "https://user@app.example.com",
        "https://app.example.com.",
        "app.example.com",
        "ftp://app.example.com",
        "https://app.example.com?x",
        "",
    ] {
        let text = problem(Auth::builder(Credentials::new("id", "secret"), wrong));
        assert!(
            text.contains("PUBLIC_URL") && text.contains(wrong),
            "{wrong}: {text}"
        );
    }
    for right in [
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "https://app.example.com:8443",
    ] {
        Auth::builder(Credentials::new("id", "secret"), right)
            .build()
            .unwrap();
    }
}

#[test]
fn all_problems_are_reported_together_and_the_secret_is_not_shown() {
    let text = problem(
        Auth::builder(Credentials::new("", "se cret-canary"), "nowhere")
            .prefix("auth")
            .scopes([
                "openid",
                "read:jira-work write:jira-work",
                "report:personal-data",
            ])
            .flow_lifetime(Duration::from_secs(1))
            .sessions_per_account(0)
            .cookie_suffix("a b")
            .return_origins(["https://*.example.com/x"])
            .keys("k1:AAAA"),
    );
    for named in [
        "ATLASSIAN_CLIENT_ID",
        "ATLASSIAN_CLIENT_SECRET",
        "PUBLIC_URL",
        "prefix",
        "openid",
        "report:personal-data",
        "flow lifetime",
        "sessions_per_account",
        "cookie_suffix",
        "return_origins",
        "THREELO_KEYS",
    ] {
        assert!(text.contains(named), "{named} is missing in {text}");
    }
    assert!(!text.contains("canary"));
}

#[test]
fn missing_variables_are_named_with_the_remedy() {
    let error = AuthBuilder::from_variables(|name| {
        (name == "ATLASSIAN_AUTH_URL").then(|| "http://x".to_owned())
    })
    .build()
    .unwrap_err()
    .to_string();

    for named in [
        "ATLASSIAN_CLIENT_ID = (not set)",
        "ATLASSIAN_CLIENT_SECRET = (not set)",
        "PUBLIC_URL = (not set)",
    ] {
        assert!(error.contains(named), "{error}");
    }
    assert!(error.contains("set both or neither"));
}

#[test]
fn endpoints_are_https_origins_or_loopback() {
    for wrong in [
        "http://auth.example.com",
        "https://auth.atlassian.com@evil.example",
        "https://auth.example.com/x",
    ] {
        let text =
            problem(builder().environment(Environment::custom(wrong, "https://api.example.com")));
        assert!(text.contains("ATLASSIAN_AUTH_URL"), "{wrong}: {text}");
    }
    builder()
        .environment(Environment::us_gov())
        .build()
        .unwrap();
}

#[test]
fn lifetimes_out_of_range_are_errors_at_both_ends() {
    let minutes = |count: u64| Duration::from_secs(60 * count);
    assert!(problem(builder().flow_lifetime(minutes(31))).contains("60 to 1800 seconds"));
    assert!(problem(builder().session_lifetimes(minutes(4), minutes(600))).contains("idle"));
    assert!(
        problem(builder().session_lifetimes(minutes(60), minutes(91 * 24 * 60)))
            .contains("absolute")
    );
}

#[test]
fn cookies_are_derived_from_the_public_url() {
    let secure = builder().build().unwrap();
    let local = Auth::builder(Credentials::new("id", "secret"), "http://localhost:3000")
        .build()
        .unwrap();

    assert_eq!(secure.config().cookies.session, "__Host-threelo-session");
    assert!(secure.config().cookies.secure);
    assert_eq!(local.config().cookies.session, "threelo-session-3000");
    // Cookies do not know ports: two apps of one developer must not end each other's logins.
    let other = Auth::builder(Credentials::new("id", "secret"), "http://localhost:4000")
        .build()
        .unwrap();
    let [one, two] = [&local, &other].map(|auth| &auth.config().cookies);
    assert_ne!(
        (&one.session, &one.flow_prefix),
        (&two.session, &two.flow_prefix)
    );
    let named = Auth::builder(Credentials::new("id", "secret"), "http://localhost:4000");
    let named = named.cookie_suffix("admin").build().unwrap();
    assert_eq!(named.config().cookies.session, "threelo-session-admin");
    let two = builder().cookie_suffix("admin").build().unwrap();
    assert_eq!(two.config().cookies.session, "__Host-threelo-session-admin");
}

#[test]
fn a_durable_store_without_keys_is_an_error() {
    use std::sync::Arc;
    use threelo::internals::{MemoryFlowMarks, MemoryGrants, MemorySessions};

    let with_stores = builder().record_stores(
        Arc::new(MemorySessions::new()),
        Arc::new(MemoryGrants::new()),
        Arc::new(MemoryFlowMarks::new()),
    );
    assert!(problem(with_stores).contains("THREELO_KEYS = (not set)"));
}

#[test]
fn the_authorize_address_is_exactly_this() {
    let auth = builder().scopes(["read:jira-work"]).build().unwrap();
    let head = Nothing;
    let request = threelo::adapter::RequestHead {
        method: "GET",
        path: "/x",
        query: None,
        headers: &head,
    };
    let threelo::adapter::Action::Forward(session) = auth.handle(&request) else {
        panic!("not ours")
    };

    let reply = session.start_login(&threelo::LoginRequest::new().scopes(["write:jira-work"]));

    let location = reply.headers["location"].to_str().unwrap();
    let (before, rest) = location.split_once("&state=").unwrap();
    assert_eq!(
        before,
        "https://auth.atlassian.com/authorize?audience=api.atlassian.com&client_id=client-id&scope=offline_access+\
         read%3Ajira-work+read%3Ame+write%3Ajira-work&redirect_uri=https%3A%2F%2Fapp.example.com%2Fauth%2Fcallback"
    );
    assert!(rest[43..].starts_with("&response_type=code&prompt=consent&code_challenge="));
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-threelo-flow-"), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
}

struct Nothing;

impl threelo::adapter::Headers for Nothing {
    fn each<'a>(&'a self, _: &str, _: &mut dyn FnMut(&'a [u8])) {}
}

#[test]
fn more_than_fifty_scopes_are_a_warning_and_no_error() {
    let logs = threelo_tests::capture_logs();
    let scopes = |count: usize| (0..count).map(|number| format!("read:thing-{number}:jira"));

    // read:me and offline_access are always there.
    builder().scopes(scopes(48)).build().expect("fifty");
    assert!(!logs.text().contains("more than 50 scopes"));
    builder().scopes(scopes(49)).build().expect("fifty-one");

    assert!(logs.text().contains("more than 50 scopes"));
}

#[test]
fn a_page_to_which_no_login_can_come_back_is_a_problem() {
    for page in [
        "https://spa.example.com//board",
        "https://spa.example.com/a%252fb%25252525",
        "https://other.example.com/",
    ] {
        let with = builder().cross_site_origins(["https://spa.example.com"]);
        let text = problem(with.handoff_pages([page]));
        assert!(text.contains("handoff_pages"), "{page}: {text}");
    }
}

#[test]
fn an_origin_that_matches_more_than_itself_is_refused() {
    for origin in [
        "*",
        "null",
        "https://*.example.com",
        "file://",
        "https://x.example/path",
        "https://app.example.com",
    ] {
        let text = problem(builder().cross_site_origins([origin]));
        assert!(text.contains("cross_site_origins"), "{origin}: {text}");
    }
    let text = problem(builder().same_site_origins(["https://other.example"]));
    assert!(text.contains("list it in cross_site_origins"), "{text}");
    let twice = builder()
        .same_site_origins(["https://spa.example.com"])
        .cross_site_origins(["https://spa.example.com"]);
    assert!(problem(twice).contains("listed once"));
    let forward = threelo::Forward::to("jira", "/rest");
    assert!(problem(builder().forward([forward])).contains("ends with a slash"));
}

/// The problems of variables, with the required ones as they should be.
fn problems_of(variables: &[(&str, &str)]) -> String {
    let good = [
        ("ATLASSIAN_CLIENT_ID", "client-id"),
        ("ATLASSIAN_CLIENT_SECRET", "client-secret"),
        ("PUBLIC_URL", "https://app.example.com"),
    ];
    let built = AuthBuilder::from_variables(|name| {
        let mut all = variables.iter().chain(&good);
        let found = all.find(|variable| variable.0 == name);
        found.map(|variable| variable.1.to_owned())
    })
    .build();
    built
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn scopes_are_names_between_spaces_and_a_wrong_list_names_the_variable() {
    let people: serde_json::Value =
        serde_json::from_str(include_str!("../corpora/people.json")).unwrap();
    let rows = people.as_array().unwrap().iter();
    let reported = rows.filter(|row| row["surface"] == "ATLASSIAN_SCOPES");
    let reported = reported.map(|row| row["input"].as_str().unwrap());
    let others = [
        "read:jira-work+read:jira-user",
        "read:jira-work%20read:jira-user",
        "\"read:jira-work read:jira-user\"",
        "'read:jira-work'",
        "read:jira-work;read:jira-user",
    ];
    for list in reported.chain(others) {
        for name in ["ATLASSIAN_SCOPES", "ATLASSIAN_OPTIONAL_SCOPES"] {
            let said = problems_of(&[(name, list)]);
            assert!(said.contains(&format!("{name} = ")), "{list}: {said}");
            assert!(said.contains("without commas, quotes"), "{list}: {said}");
        }
    }
    assert_eq!(
        problems_of(&[("ATLASSIAN_SCOPES", " read:jira-work\tmanage:jira-webhook ")]),
        ""
    );
    // What the builder says counts, and is named as there.
    let said = problem(builder().scopes(["read:jira-work,read:jira-user"]));
    assert!(said.contains("scopes = "), "{said}");
}

#[test]
fn quotes_and_commands_that_were_taken_for_values_are_told_as_what_they_are() {
    for (name, value) in [
        ("ATLASSIAN_CLIENT_ID", "\"canary\""),
        ("ATLASSIAN_CLIENT_SECRET", "'canary'"),
        ("PUBLIC_URL", "\"https://app.example.com\""),
    ] {
        let said = problems_of(&[(name, value)]);
        assert!(said.contains(&format!("{name} = ")), "{said}");
        assert!(said.contains("leave the quotes out"), "{said}");
        assert!(
            name != "ATLASSIAN_CLIENT_SECRET" || !said.contains("canary"),
            "{said}"
        );
    }
    let said = problems_of(&[("THREELO_KEYS", "k1:$(openssl rand -base64 32)")]);
    assert!(said.contains("THREELO_KEYS = (a command)"), "{said}");
}

/// Behind a proxy that takes the mount path away, the routes would lose their prefix with it.
#[test]
fn a_mount_path_that_holds_the_prefix_is_a_problem() {
    for (mount, prefix) in [("/auth", "/auth"), ("/auth", "/auth/atlassian")] {
        let said = problem(builder().mounted_at(mount).prefix(prefix));
        assert!(said.contains("mounted_at"), "{mount} {prefix}: {said}");
        assert!(said.contains("without the auth prefix"), "{said}");
    }
    for (mount, prefix) in [
        ("/tool", "/auth"),
        ("/auth", "/authors"),
        ("/auth/x", "/auth"),
    ] {
        assert!(
            builder().mounted_at(mount).prefix(prefix).build().is_ok(),
            "{mount} {prefix}"
        );
    }
}

#[test]
fn where_an_app_is_may_be_said_by_variables() {
    let variables = |name: &str| {
        let value = match name {
            "ATLASSIAN_CLIENT_ID" => "client-id",
            "ATLASSIAN_CLIENT_SECRET" => "client-secret",
            "PUBLIC_URL" => "https://app.example.com",
            "THREELO_PREFIX" => "/login",
            "THREELO_MOUNTED_AT" => "/tool",
            "COOKIE_SUFFIX" => "2",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let auth = AuthBuilder::from_variables(variables).build().unwrap();
    assert_eq!(
        auth.callback_url(),
        "https://app.example.com/tool/login/callback"
    );
    let here = AuthBuilder::from_variables(variables)
        .prefix("/here")
        .build();
    assert_eq!(
        here.unwrap().callback_url(),
        "https://app.example.com/tool/here/callback"
    );
    for (name, value) in [
        ("THREELO_PREFIX", "login"),
        ("THREELO_MOUNTED_AT", "tool/"),
        ("COOKIE_SUFFIX", "a-b"),
    ] {
        let said = problems_of(&[(name, value)]);
        assert!(said.contains(&format!("{name} = {value:?}")), "{said}");
    }
}

#[test]
fn the_login_page_of_the_app_may_be_said_by_variables() {
    let connect = |parameter: &'static str| {
        let builder = threelo::ConnectBuilder::from_variables(move |name| {
            let value = match name {
                "ATLASSIAN_CLIENT_ID" | "ATLASSIAN_CLIENT_SECRET" => "x",
                "PUBLIC_URL" => "https://app.example.com",
                "THREELO_APP_LOGIN" => "/sign-in",
                "THREELO_APP_LOGIN_PARAMETER" => parameter,
                _ => return None,
            };
            Some(value.to_owned())
        });
        builder
            .build()
            .map(|connect| connect.as_auth().config().mode.clone())
    };
    let expected = threelo::internals::Mode::Connect {
        links: threelo::LinkPolicy::Refuse,
        login: Some("/sign-in".to_owned()),
        login_parameter: "next".to_owned(),
    };
    assert_eq!(connect("next").unwrap(), expected);
    let said = connect("a b").unwrap_err().to_string();
    assert!(
        said.contains("THREELO_APP_LOGIN_PARAMETER = \"a b\""),
        "{said}"
    );
}
