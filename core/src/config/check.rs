//! From settings to a configuration: every wrong value is named, with its remedy.
//!
//! Unsafe values are errors at start-up and not warnings (docs/attacks.md T216): plain http, a path in the origin, an
//! empty secret, lifetimes that are too short or too long.

use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use crate::config::browser::{Browsers, browsers};
use crate::config::checked::{Config, CookiePolicy};
use crate::config::handoff_pages::unreachable;
use crate::config::mistakes::{WITHOUT_QUOTES, is_quoted, scope_remedy};
use crate::config::problem::{ConfigError, Problem};
use crate::config::settings::{Mode, Settings};
use crate::environment::{is_loopback, origin_text, parse_origin};
use crate::return_to::{ReturnTo, ReturnToRules};
use crate::scope::Scopes;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Checks all settings, and derives the callback URL, the names of the cookies and the rules for return targets.
///
/// # Errors
///
/// [`ConfigError`] with every problem, not only the first. Checks that need the public URL are left out while it is
/// wrong.
pub(crate) fn check(settings: Settings) -> Result<Config, ConfigError> {
    let variables = settings.variables.clone();
    checked(settings).map_err(|error| error.naming(&variables))
}

fn checked(settings: Settings) -> Result<Config, ConfigError> {
    let mut problems = Problems::of(&settings);
    let public_url = problems.public_url(&settings.public_url);
    let return_origins = problems.origins(&settings.return_origins);
    let (Some(public_url), true) = (public_url, problems.0.is_empty()) else {
        return Err(ConfigError::new(problems.0));
    };

    let browsers = browsers(&settings, &public_url, &mut problems.0);
    let return_origins = with_pages(return_origins, &browsers);

    let public_prefix = format!("{}{}", settings.mount, settings.prefix);
    let return_to = ReturnToRules::new(public_url.clone(), &public_prefix, &return_origins);
    let lost = unreachable(&browsers.handoff_pages, &return_to);
    problems.0.extend(lost);
    let default_return_to = default_place(&settings, &return_to, problems)?;
    Ok(Config {
        redirect_uri: format!("{}{public_prefix}/callback", origin_text(&public_url)),
        mode: settings.mode.clone(),
        access: settings.access,
        cookies: cookies(&public_url, settings.cookie_suffix.as_deref()),
        scopes: all_scopes(&settings),
        optional_scopes: settings.optional_scopes.into_iter().collect(),
        credentials: settings.credentials,
        environment: settings.environment,
        trusted_proxies: settings.trusted_proxies,
        mount: settings.mount,
        prefix: settings.prefix,
        token_encoding: settings.token_encoding,
        lifetimes: settings.lifetimes,
        remember: settings.remember,
        profile_age: settings.profile_age,
        sessions_per_account: settings.sessions_per_account,
        refresh_wait: settings.refresh_wait,
        api_timeout: settings.api_timeout,
        concurrent_refreshes: settings.concurrent_refreshes,
        longest_consent: settings.longest_consent,
        public_url,
        default_return_to,
        return_to,
        return_origins,
        browsers,
    })
}

/// Adds the web origins of code in browsers to those that visitors may return to, and those of handoff pages. Extensions
/// and desktop apps with schemes of their own are left out, because nothing navigates there.
fn with_pages(mut origins: Vec<Url>, browsers: &Browsers) -> Vec<Url> {
    let listed = browsers
        .origins
        .iter()
        .map(|origin| origin.text.to_string());
    let pages = browsers
        .handoff_pages
        .iter()
        .filter_map(|page| Url::parse(page).ok());
    let pages = pages.map(|page| origin_text(&page));
    for page in listed
        .chain(pages)
        .filter_map(|origin| parse_origin(&origin))
    {
        if !origins.contains(&page) {
            origins.push(page);
        }
    }
    origins
}

/// The default return target, which must pass the same rules as any other; fails for problems that were found before, too.
fn default_place(
    settings: &Settings,
    rules: &ReturnToRules,
    mut problems: Problems,
) -> Result<ReturnTo, ConfigError> {
    let place = rules.accept(&default_target(settings));
    if place.is_none() {
        let remedy = "give a path of this app, such as /";
        problems.add("default_return_to", &settings.default_return_to, remedy);
    }
    match place {
        Some(place) if problems.0.is_empty() => Ok(place),
        _ => Err(ConfigError::new(problems.0)),
    }
}

/// The text of the default return target. `/` stands for the front page of the app, which is below the mount path.
fn default_target(settings: &Settings) -> String {
    match settings.default_return_to.as_str() {
        "/" => format!("{}/", settings.mount),
        other => other.to_owned(),
    }
}

/// What every login asks for. `read:me` is needed to know who signs in, `offline_access` to get a refresh token.
fn all_scopes(settings: &Settings) -> Scopes {
    let always = if settings.sign_in_only {
        "read:me"
    } else {
        "read:me offline_access"
    };
    let configured: Scopes = settings.scopes.iter().map(String::as_str).collect();
    configured.union(&Scopes::parse(always))
}

/// The names of the cookies for a public URL. A suffix keeps two apps on one host apart: on loopback, where cookies do not
/// know ports, the port is one unless the app gives another.
fn cookies(public_url: &Url, suffix: Option<&str>) -> CookiePolicy {
    let secure = public_url.scheme() == "https";
    let prefix = if secure { "__Host-" } else { "" };
    let port = public_url.port().filter(|_| is_loopback(public_url));
    let suffix = match (suffix, port) {
        (Some(suffix), _) => format!("-{suffix}"),
        (None, Some(port)) => format!("-{port}"),
        (None, None) => String::new(),
    };
    CookiePolicy {
        secure,
        session: format!("{prefix}threelo-session{suffix}"),
        flow_prefix: format!("{prefix}threelo-flow{suffix}-"),
        flash: format!("{prefix}threelo-flash{suffix}"),
        ended: format!("{prefix}threelo-ended{suffix}"),
        // Cookies of other sites are always `Secure`, which browsers take on loopback too.
        cross_prefix: format!("__Host-threelo-cross{suffix}-"),
    }
}

/// The problems that were found so far. Each method checks one group of settings and adds what is wrong.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, setting: &'static str, value: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem {
            setting,
            value: value.into(),
            remedy: remedy.into(),
        });
    }

    /// The checks that need no other setting.
    fn of(settings: &Settings) -> Self {
        let mut problems = Self::default();
        problems.credentials(settings);
        problems.environment(settings);
        problems.lifetimes(settings);
        problems.path("prefix", &settings.prefix);
        if !settings.mount.is_empty() {
            problems.path("mounted_at", &settings.mount);
            problems.mount(settings);
        }
        problems.scopes("scopes", &settings.scopes);
        problems.scopes("optional_scopes", &settings.optional_scopes);
        problems.suffix(settings.cookie_suffix.as_deref());
        problems.app_login(settings);
        problems
    }

    /// Client id and client secret: printable ASCII, as the console shows them. The secret is never quoted.
    fn credentials(&mut self, settings: &Settings) {
        const REMEDY: &str =
            "copy it from your app's Settings at https://developer.atlassian.com/console/myapps/";
        let id = &settings.credentials.client_id;
        let secret = settings.credentials.client_secret.expose();
        if is_quoted(id) {
            self.add("ATLASSIAN_CLIENT_ID", format!("{id:?}"), WITHOUT_QUOTES);
        } else if id.is_empty() || id.len() > 256 || !id.bytes().all(|byte| byte.is_ascii_graphic())
        {
            self.add("ATLASSIAN_CLIENT_ID", format!("{id:?}"), REMEDY);
        }
        if is_quoted(secret) {
            self.add("ATLASSIAN_CLIENT_SECRET", "(in quotes)", WITHOUT_QUOTES);
        } else if secret.is_empty() || secret.bytes().any(|byte| !byte.is_ascii_graphic()) {
            let found = if secret.is_empty() {
                "(empty)"
            } else {
                "(holds spaces or control characters)"
            };
            self.add("ATLASSIAN_CLIENT_SECRET", found, REMEDY);
        }
    }

    /// The public URL: an https origin, or plain http on loopback, where browsers send cookies to this machine only.
    fn public_url(&mut self, text: &str) -> Option<Url> {
        let Some(url) = parse_origin(text) else {
            let remedy = match is_quoted(text) {
                true => WITHOUT_QUOTES,
                false => {
                    "give the origin that browsers see, such as https://app.example.com, without path, user or query; for \
                     an app under a path use mounted_at"
                }
            };
            self.add("PUBLIC_URL", format!("{text:?}"), remedy);
            return None;
        };
        if url.scheme() == "http" && !is_loopback(&url) {
            let remedy = "use https; plain http is for localhost only, because browsers would send cookies in clear";
            self.add("PUBLIC_URL", text, remedy);
            return None;
        }
        Some(url)
    }

    /// The two origins of Atlassian: https, or loopback for the sandbox (docs/attacks.md T147, T149).
    fn environment(&mut self, settings: &Settings) {
        for (setting, text) in [
            ("ATLASSIAN_AUTH_URL", settings.environment.auth_origin()),
            ("ATLASSIAN_API_URL", settings.environment.api_origin()),
        ] {
            let origin = parse_origin(text);
            if !origin.is_some_and(|url| url.scheme() == "https" || is_loopback(&url)) {
                self.add(
                    setting,
                    format!("{text:?}"),
                    "give an https origin such as https://auth.atlassian.com",
                );
            }
        }
    }

    /// Behind a proxy that strips the mount path, `/auth/login` under the prefix `/auth` would lose its prefix if the mount
    /// path were `/auth`, too.
    fn mount(&mut self, settings: &Settings) {
        let rest = settings.prefix.strip_prefix(&settings.mount);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            self.add(
                "mounted_at",
                format!("{:?}", settings.mount),
                "the mount path is where the app is, without the auth prefix: leave it out for an app at the root, or give \
                 another prefix",
            );
        }
    }

    /// A prefix or mount path: at most 128 letters, digits, `-`, `_` and single slashes. Other characters could be
    /// written in several ways, and routes are compared as text.
    fn path(&mut self, setting: &'static str, path: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
        let good = path.len() > 1
            && path.len() <= 128
            && path.starts_with('/')
            && !path.ends_with('/')
            && !path.contains("//")
            && path.bytes().all(plain);
        if !good {
            self.add(
                setting,
                format!("{path:?}"),
                "give a path such as /auth: letters, digits, - and _, no slash at the end",
            );
        }
    }

    /// Scopes that Atlassian refuses, and entries that are no single scope.
    fn scopes(&mut self, setting: &'static str, scopes: &[String]) {
        for scope in scopes {
            if let Some(remedy) = scope_remedy(scope) {
                self.add(setting, format!("{scope:?}"), remedy);
            }
        }
    }

    /// The origins that visitors may return to; those that are accepted are returned.
    fn origins(&mut self, origins: &[String]) -> Vec<Url> {
        let mut accepted = Vec::new();
        for text in origins {
            match parse_origin(text) {
                Some(url) if url.scheme() == "https" || is_loopback(&url) => accepted.push(url),
                _ => self.add(
                    "return_origins",
                    format!("{text:?}"),
                    "give an exact https origin, without wildcard or path",
                ),
            }
        }
        accepted
    }

    /// Connect mode: the app's login page must be a path of the app, because signed-out visitors are redirected there.
    fn app_login(&mut self, settings: &Settings) {
        let Mode::Connect {
            login,
            login_parameter: name,
            ..
        } = &settings.mode
        else {
            return;
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
            let remedy = "give the name of the login page's parameter, such as next";
            self.add("app_login_parameter", format!("{name:?}"), remedy);
        }
        let Some(path) = login else { return };
        let is_path = path.starts_with('/')
            && !path.starts_with("//")
            && path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !is_path {
            let remedy = "give the path of the app's own login page, such as /login";
            self.add("app_login", format!("{path:?}"), remedy);
        }
    }

    /// The suffix of cookie names, which must not need any escaping.
    fn suffix(&mut self, suffix: Option<&str>) {
        let Some(suffix) = suffix else { return };
        let good = (1..=32).contains(&suffix.len())
            && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !good {
            self.add(
                "cookie_suffix",
                format!("{suffix:?}"),
                "give 1 to 32 letters and digits",
            );
        }
    }

    /// All durations, and the limit of sessions.
    fn lifetimes(&mut self, settings: &Settings) {
        let lifetimes = settings.lifetimes;
        self.within("flow lifetime", lifetimes.flow, MINUTE..=30 * MINUTE);
        self.within(
            "session idle lifetime",
            lifetimes.idle,
            5 * MINUTE..=30 * DAY,
        );
        self.within(
            "session absolute lifetime",
            lifetimes.absolute,
            HOUR..=90 * DAY,
        );
        if let Some(longer) = settings.remember {
            self.within("remember (idle)", longer.idle, 5 * MINUTE..=90 * DAY);
            self.within("remember (absolute)", longer.absolute, HOUR..=90 * DAY);
        }
        self.within("profile_age", settings.profile_age, 10 * MINUTE..=30 * DAY);
        const SECOND: Duration = Duration::from_secs(1);
        self.within("refresh_wait", settings.refresh_wait, SECOND..=30 * SECOND);
        self.within("api_timeout", settings.api_timeout, SECOND..=10 * MINUTE);
        if let Some(longest) = settings.longest_consent {
            self.within("longest_consent", longest, DAY..=3650 * DAY);
        }
        self.counts("sessions_per_account", settings.sessions_per_account);
        self.counts("concurrent_refreshes", settings.concurrent_refreshes);
    }

    /// Adds a problem unless the number is 1 to 1000.
    fn counts(&mut self, setting: &'static str, number: usize) {
        if !(1..=1000).contains(&number) {
            self.add(setting, number.to_string(), "give 1 to 1000");
        }
    }

    /// Adds a problem unless the value is in the range, both ends included. Values are shown in seconds.
    fn within(&mut self, setting: &'static str, value: Duration, range: RangeInclusive<Duration>) {
        if !range.contains(&value) {
            let (least, most) = (range.start(), range.end());
            let remedy = format!("give {} to {} seconds", least.as_secs(), most.as_secs());
            self.add(setting, format!("{} s", value.as_secs()), remedy);
        }
    }
}
