//! Settings from environment variables, or from any other source of names and values
//! (docs/decisions/0008).
//!
//! A missing variable is noted as a problem and reported by `build`, so that all problems are told
//! together.

use crate::auth::builder::Builder;
use crate::auth::builder::settings::Common;
use crate::config::{Credentials, Settings, Variable};
use crate::environment::Environment;
use crate::secret::Keys;

/// The remedy for missing credentials.
const FROM_CONSOLE: &str =
    "copy it from your app's Settings at https://developer.atlassian.com/console/myapps/";
/// The remedy for a missing public URL.
const ORIGIN: &str = "set it to the origin that browsers see, e.g. http://localhost:3000";

impl<M: Default> Builder<M> {
    /// The settings of [`Auth::from_env`](crate::Auth::from_env), to which setters may add. Missing
    /// and wrong variables are reported by [`build`](crate::AuthBuilder::build), all together.
    pub fn from_env() -> Self {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        warn_of_unread(names);
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same from any source of variables: a file, a secret store, a function with defaults. An
    /// empty value counts as missing.
    ///
    /// ```
    /// use threelo::AuthBuilder;
    ///
    /// let built = AuthBuilder::from_variables(|_name| None).build();
    ///
    /// let problems = built.err().map(|error| error.to_string()).unwrap_or_default();
    /// for name in ["ATLASSIAN_CLIENT_ID", "ATLASSIAN_CLIENT_SECRET", "PUBLIC_URL"] {
    ///     assert!(problems.contains(name));
    /// }
    /// ```
    pub fn from_variables(read: impl Fn(&str) -> Option<String>) -> Self {
        Self::of(Common::from_variables(read))
    }

    /// A builder around settings, with the defaults of its mode.
    pub(super) fn of(common: Common) -> Self {
        let mode = M::default();
        Self { common, mode }
    }
}

/// The variables that are read besides those of [`VARIABLES`].
const OTHERS: [&str; 6] = [
    "ATLASSIAN_CLIENT_ID",
    "ATLASSIAN_CLIENT_SECRET",
    "PUBLIC_URL",
    "THREELO_KEYS",
    "ATLASSIAN_AUTH_URL",
    "ATLASSIAN_API_URL",
];

/// Says which variables look like settings and are none: a typing error would otherwise have no effect and no word.
fn warn_of_unread(names: impl Iterator<Item = String>) {
    for name in names {
        let is_ours = name.starts_with("THREELO_") || name.starts_with("ATLASSIAN_");
        let is_read =
            OTHERS.contains(&&*name) || VARIABLES.iter().any(|(known, _)| known.name == name);
        if is_ours && !is_read {
            tracing::warn!(target: "threelo", name, "a variable is set and not read: it is none of the settings");
        }
    }
}

/// What a variable does to the settings.
type Setter = fn(&mut Settings, String);

/// The settings of both modes that have a variable.
const VARIABLES: [(Variable, Setter); 7] = [
    (variable("scopes", "ATLASSIAN_SCOPES"), |settings, value| {
        settings.scopes = words(&value)
    }),
    (
        variable("optional_scopes", "ATLASSIAN_OPTIONAL_SCOPES"),
        |settings, value| settings.optional_scopes = words(&value),
    ),
    (variable("prefix", "THREELO_PREFIX"), |settings, value| {
        settings.prefix = value;
    }),
    (
        variable("mounted_at", "THREELO_MOUNTED_AT"),
        |settings, value| settings.mount = value,
    ),
    (
        variable("cookie_suffix", "COOKIE_SUFFIX"),
        |settings, value| {
            settings.cookie_suffix = Some(value);
        },
    ),
    (
        variable("app_login", "THREELO_APP_LOGIN"),
        |settings, value| settings.app_login = Some(value),
    ),
    (
        variable("app_login_parameter", "THREELO_APP_LOGIN_PARAMETER"),
        |settings, value| settings.app_login_parameter = value,
    ),
];

const fn variable(setting: &'static str, name: &'static str) -> Variable {
    Variable { setting, name }
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

impl Common {
    /// Reads the variables. The credentials and the public URL are required; of a problem only the
    /// name is kept, never the value of a secret.
    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| read(name).filter(|value| !value.is_empty());
        let required = |name| value(name).unwrap_or_default();
        let credentials = Credentials::new(
            required("ATLASSIAN_CLIENT_ID"),
            required("ATLASSIAN_CLIENT_SECRET"),
        );
        let mut common = Self::new(credentials, required("PUBLIC_URL"));

        for (name, remedy) in [
            ("ATLASSIAN_CLIENT_ID", FROM_CONSOLE),
            ("ATLASSIAN_CLIENT_SECRET", FROM_CONSOLE),
            ("PUBLIC_URL", ORIGIN),
        ] {
            if value(name).is_none() {
                common.problem(name, "(not set)".to_owned(), remedy);
            }
        }
        if let Some(keys) = value("THREELO_KEYS") {
            common.keys = Some(Keys::new(keys));
        }
        for (variable, set) in VARIABLES {
            if let Some(value) = value(variable.name) {
                set(&mut common.settings, value);
                common.settings.variables.push(variable);
            }
        }
        common.has_database_url = value("DATABASE_URL").is_some();
        common.addresses(value("ATLASSIAN_AUTH_URL"), value("ATLASSIAN_API_URL"))
    }

    /// Another Atlassian needs both addresses: one alone would send the client secret to one
    /// environment and tokens to the other.
    fn addresses(mut self, auth: Option<String>, api: Option<String>) -> Self {
        match (auth, api) {
            (Some(auth), Some(api)) => self.settings.environment = Environment::custom(auth, api),
            (None, None) => {}
            _ => self.problem(
                "ATLASSIAN_AUTH_URL, ATLASSIAN_API_URL",
                "(one of two)".to_owned(),
                "set both or neither; the sandbox serves both at one address",
            ),
        }
        self
    }
}
