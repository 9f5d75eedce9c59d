//! Which route a path names: byte by byte, nothing is decoded, no slash is added or removed.

use crate::config::Config;

/// An auth route. Which methods it has, the route itself decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Route {
    /// `GET login`: starts a login; sign-in mode.
    Login,
    /// `GET callback`: finishes a flow.
    Callback,
    /// `GET logout` asks, `POST logout` ends the session; sign-in mode.
    Logout,
    /// `GET me`: who is signed in; sign-in mode.
    Me,
    /// `GET sites`: the sites of the account, to choose from.
    Sites,
    /// `POST site`: chooses one.
    Site,
    /// `GET sessions`: the visitor's sessions; sign-in mode.
    Sessions,
    /// `DELETE sessions/{handle}`: ends one of them; sign-in mode.
    SessionOf(String),
    /// `POST connect`: starts a flow; connect mode.
    Connect,
    /// `GET connections`: the accounts of the app's user; connect mode.
    Connections,
    /// `GET disconnect` asks, `POST disconnect` takes an account away.
    Disconnect,
    /// `GET continue`: on to Atlassian, for a script that cannot follow a redirect there.
    Continue,
    /// `GET error`: why a login did not happen.
    Error,
    /// `POST token`: an access token, if the app hands them out.
    Token,
    /// `POST redeem`: a session for a handoff ticket, if origins of other sites are listed.
    Redeem,
    /// `GET done`: where a login in a popup ends, if origins are listed.
    Done,
    /// `GET popup.js`: the script of that page.
    Script,
    /// `GET openapi.json`: a description of the JSON routes.
    OpenApi,
    /// `api/{product}/{cloud id}/…`: forwards a call, if the app lists any. Holds what follows
    /// `api/`.
    Api(String),
}

/// Whose path it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A path of the app's.
    TheApps,
    /// A path of threelo's; `None` if there is no such route under the prefix.
    Ours(Option<Route>),
}

/// Finds the route of a raw path.
///
/// The path may carry the mount path or not: some proxies and routers strip it. Paths that only
/// resemble a route are threelo's without a route (404) if they are below the prefix, and the app's
/// otherwise (docs/attacks.md T035, T075, T130).
pub(crate) fn find(config: &Config, path: &str) -> Found {
    let inner = inner_path(&config.mount, path);
    let Some(rest) = inner.strip_prefix(config.prefix.as_str()) else {
        return Found::TheApps;
    };
    match rest.strip_prefix('/') {
        Some(name) => Found::Ours(named(name).filter(|route| route.is_of(config))),
        None if rest.is_empty() => Found::Ours(None),
        None => Found::TheApps,
    }
}

/// Returns the route that a path below the prefix means, if it differs from it by case or by slashes at
/// its end only: what a proxy, a console or a person adds.
pub(crate) fn meant(config: &Config, path: &str) -> Option<&'static str> {
    let name = inner_path(&config.mount, path)
        .strip_prefix(config.prefix.as_str())?
        .trim_matches('/')
        .to_ascii_lowercase();
    let is_it = |known: &&str| **known == *name;
    let known = NAMES.into_iter().find(is_it)?;
    named(known)
        .is_some_and(|route| route.is_of(config))
        .then_some(known)
}

/// Returns whether the app has the route of a path template of `openapi.json`, as
/// `/sessions/{handle}`.
pub(crate) fn has_template(config: &Config, template: &str) -> bool {
    let path = template.replace("{handle}", "AAAAAAAAAAAAAAAA");
    let name = path.trim_start_matches('/');
    named(name).is_some_and(|route| route.is_of(config))
}

/// Returns the path below the mount path; a path that does not begin with the mount path is
/// returned whole.
fn inner_path<'a>(mount: &str, path: &'a str) -> &'a str {
    if mount.is_empty() {
        return path;
    }
    path.strip_prefix(mount)
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path)
}

impl Route {
    /// Returns whether the app has this route: those of the other mode, and those of features that
    /// the app did not turn on, are 404.
    fn is_of(&self, config: &Config) -> bool {
        let (is_connect, browsers) = (config.mode.is_connect(), &config.browsers);
        match self {
            Self::Token => browsers.access_tokens,
            Self::Api(_) => !browsers.forwards.is_empty(),
            Self::Redeem => browsers.has_cross_site(),
            Self::Done | Self::Script => !browsers.origins.is_empty(),
            Self::OpenApi => true,
            Self::Connect | Self::Connections => is_connect,
            Self::Login | Self::Logout | Self::Me | Self::Sessions | Self::SessionOf(_) => {
                !is_connect
            }
            Self::Callback | Self::Sites | Self::Site | Self::Disconnect => true,
            Self::Continue | Self::Error => true,
        }
    }

    /// Returns whether the route is a page that a form of ours or of the app's may lead to.
    pub(crate) fn is_page(&self) -> bool {
        matches!(
            self,
            Self::Connections | Self::Disconnect | Self::Error | Self::Logout | Self::Sites
        )
    }

    /// Returns the methods that scripts of other origins may use, as `Allow` has them; `None` for
    /// pages. Forwarded calls may use the methods of all forwards together; whether the call at
    /// hand may use its method, the route itself decides.
    pub(crate) fn methods_of_scripts(&self, config: &Config) -> Option<String> {
        let fixed = match self {
            Self::Me | Self::Sites | Self::Sessions | Self::Connections => "GET, HEAD",
            Self::Site | Self::Logout | Self::Connect | Self::Disconnect => "POST",
            Self::Token | Self::Redeem => "POST",
            Self::SessionOf(_) => "DELETE",
            Self::Api(_) => {
                let forwards = config.browsers.forwards.iter();
                let mut methods: Vec<&str> = forwards
                    .flat_map(|forward| forward.methods.iter().map(String::as_str))
                    .collect();
                methods.sort_unstable();
                methods.dedup();
                return Some(methods.join(", "));
            }
            Self::Login
            | Self::Callback
            | Self::Continue
            | Self::Error
            | Self::Done
            | Self::Script
            | Self::OpenApi => return None,
        };
        Some(fixed.to_owned())
    }

    /// Returns whether a navigation to the route shows who the visitor is, so that a page of
    /// another site could learn it (docs/attacks.md T127).
    pub(crate) fn tells_of_visitor(&self) -> bool {
        match self {
            Self::Me | Self::Sites | Self::Sessions | Self::Connections => true,
            Self::Logout | Self::Disconnect => true,
            Self::Login | Self::Callback | Self::Site | Self::Continue | Self::Error => false,
            Self::Connect | Self::SessionOf(_) | Self::Token | Self::Redeem => false,
            Self::Api(_) | Self::Done | Self::Script | Self::OpenApi => false,
        }
    }
}

/// The routes whose path has no parameter.
const NAMES: [&str; 17] = [
    "login",
    "callback",
    "logout",
    "me",
    "sites",
    "site",
    "sessions",
    "connect",
    "connections",
    "disconnect",
    "continue",
    "error",
    "token",
    "redeem",
    "done",
    "popup.js",
    "openapi.json",
];

/// Returns the route of a name below the prefix. A session's handle has 16 characters of base64url;
/// anything else under `sessions/` is no route. A forwarded call is taken apart by its route.
fn named(name: &str) -> Option<Route> {
    if let Some(handle) = name.strip_prefix("sessions/") {
        let is_handle = handle.len() == 16
            && handle
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        return is_handle.then(|| Route::SessionOf(handle.to_owned()));
    }
    if let Some(call) = name.strip_prefix("api/") {
        return Some(Route::Api(call.to_owned()));
    }
    match name {
        "login" => Some(Route::Login),
        "callback" => Some(Route::Callback),
        "logout" => Some(Route::Logout),
        "me" => Some(Route::Me),
        "sites" => Some(Route::Sites),
        "site" => Some(Route::Site),
        "sessions" => Some(Route::Sessions),
        "connect" => Some(Route::Connect),
        "connections" => Some(Route::Connections),
        "disconnect" => Some(Route::Disconnect),
        "continue" => Some(Route::Continue),
        "error" => Some(Route::Error),
        "token" => Some(Route::Token),
        "redeem" => Some(Route::Redeem),
        "done" => Some(Route::Done),
        "popup.js" => Some(Route::Script),
        "openapi.json" => Some(Route::OpenApi),
        _ => None,
    }
}
