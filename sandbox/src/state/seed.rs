//! The initial content of a sandbox, and the format of a seed file.

use serde::{Deserialize, Serialize};

/// Who and what exists in a sandbox at first: apps, sites and users.
///
/// [`Seed::default`] is `seed.example.toml` of this crate: one account-level app, three sites, and
/// the users `mia` (three sites), `edward` (one), `ines` (inactive) and `nora` (no site).
///
/// ```
/// use threelo_sandbox::Seed;
///
/// let seed = Seed::parse(r#"
///     [[apps]]
///     client_id = "my-app"
///     client_secret = "my-secret"
///     name = "My app"
///     scopes = ["read:me", "read:jira-work"]
///     callback_urls = ["https://app.example.com/callback"]
///
///     [[sites]]
///     id = "44444444-dddd-4ddd-8ddd-444444444444"
///     name = "Delta Works"
///     url = "https://delta-works.atlassian.net"
///     products = ["jira"]
///
///     [[users]]
///     key = "dora"
///     profile = { account_id = "712020:dora", name = "Dora Delta" }
///     sites = ["Delta Works"]
/// "#)?;
/// assert_eq!(seed.users[0].name(), "Dora Delta");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Seed {
    /// The apps of the developer console; [`Sandbox::client_id`](crate::Sandbox::client_id) is that
    /// of the first.
    pub apps: Vec<App>,
    /// The sites. Apps receive them in reverse order.
    #[serde(default)]
    pub sites: Vec<SeedSite>,
    /// The accounts, in the order of the login page.
    pub users: Vec<SeedUser>,
}

/// An app of the developer console.
///
/// ```
/// use threelo_sandbox::{GrantType, Seed};
///
/// let mut seed = Seed::default();
/// let app = &mut seed.apps[0];
/// app.grant_type = GrantType::Resource;
/// app.scopes.push("manage:jira-project".to_owned());
/// app.private_to = Some("mia".to_owned());
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct App {
    /// The client id (RFC 6749 §2.2); must differ from that of other apps.
    pub client_id: String,
    /// The client secret; the token endpoint refuses every exchange without it.
    pub client_secret: String,
    /// The name on the login and consent pages.
    pub name: String,
    /// The scopes that were added in the console. `offline_access` and `report:personal-data` may
    /// be requested without being added.
    pub scopes: Vec<String>,
    /// The registered callback URLs; a `redirect_uri` must equal one of them (RFC 6749 §3.1.2.3).
    #[serde(default)]
    pub callback_urls: Vec<String>,
    /// Whether every URL without query and fragment is a registered callback if its host is
    /// `localhost`, `127.0.0.1` or `[::1]` (RFC 8252 §7.3), or `app.example.com`, for tests.
    #[serde(default)]
    pub any_loopback_callback: bool,
    /// Account-level (the default) or resource-level;
    /// [`Knobs::grant_type`](crate::Knobs::grant_type) overrides it.
    #[serde(default)]
    pub grant_type: GrantType,
    /// The key of the only user who may use the app; `None` if every user may.
    #[serde(default)]
    pub private_to: Option<String>,
}

/// The app's grant type, chosen when it was created in the console.
///
/// ```
/// use threelo_sandbox::{GrantType, Seed};
///
/// assert_eq!(GrantType::default(), GrantType::Account);
///
/// let seed = Seed::parse(r#"
///     users = []
///
///     [[apps]]
///     client_id = "my-app"
///     client_secret = "my-secret"
///     name = "My app"
///     scopes = ["read:me"]
///     grant_type = "resource"
/// "#)?;
/// assert_eq!(seed.apps[0].grant_type, GrantType::Resource);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GrantType {
    /// One grant per account: each consent adds its sites and replaces the scopes, and older tokens
    /// reach the result too unless [`Knobs::old_tokens_gain`](crate::Knobs::old_tokens_gain) is
    /// off.
    #[default]
    Account,
    /// One grant per consent: its tokens reach the sites chosen there, and no others, with the
    /// scopes granted there.
    Resource,
}

/// A site.
///
/// ```
/// use threelo_sandbox::Seed;
///
/// let mut seed = Seed::default();
/// let site = &mut seed.sites[0];
/// assert_eq!((site.name.as_str(), site.products.len()), ("Aurora Design", 2));
/// site.blocks_apps = true;
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeedSite {
    /// The cloud id, which identifies the site in paths below `/ex/`.
    pub id: String,
    /// The name by which users of the seed refer to the site. The three names of the default seed
    /// have projects of their own; every other site has one project with one issue.
    pub name: String,
    /// The address, without a trailing slash; the sandbox does not serve it.
    pub url: String,
    /// `jira`, `confluence`; calls to any other product are refused with 404.
    #[serde(default)]
    pub products: Vec<String>,
    /// Whether an admin blocked apps that users install: a consent for the site ends on an error
    /// page.
    #[serde(default)]
    pub blocks_apps: bool,
}

/// An account.
///
/// ```
/// use threelo_sandbox::Seed;
///
/// let mut seed = Seed::default();
/// let user = &mut seed.users[0];
/// assert_eq!((user.key.as_str(), user.name()), ("mia", "Mia Krystof"));
/// // `/me` shows the profile as it is.
/// user.profile.remove("email");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeedUser {
    /// The short name of the user in tests and forms; must differ from that of other users.
    pub key: String,
    /// The complete response of `/me`; `account_id` is required.
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// The names of the sites that the user can access, in the order of the site picker.
    #[serde(default)]
    pub sites: Vec<String>,
    /// The names of the sites that the user granted to the first app before the sandbox began, with
    /// all scopes of the app. They join the grant of an account-level app; no consent at a
    /// resource-level app reaches them.
    #[serde(default)]
    pub prior_sites: Vec<String>,
}

impl Seed {
    /// Reads the text of a seed file in TOML and checks it.
    ///
    /// ```
    /// use threelo_sandbox::Seed;
    ///
    /// assert!(Seed::parse("apps = []\nusers = []").unwrap_err().contains("[[apps]]"));
    /// ```
    ///
    /// # Errors
    ///
    /// A text that says what is wrong: with line and column if the TOML is malformed, a field is
    /// missing or unknown; else that there is no app, that a user has no `account_id`, or that a
    /// user's site does not exist.
    pub fn parse(text: &str) -> Result<Self, String> {
        let seed: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        seed.check()?;
        Ok(seed)
    }

    /// Checks what the types cannot express; the error is for the author of the seed.
    fn check(&self) -> Result<(), String> {
        if self.apps.is_empty() {
            return Err("a seed needs at least one [[apps]]".to_owned());
        }
        for user in &self.users {
            if user.account_id().is_empty() {
                return Err(format!("user {} needs profile.account_id", user.key));
            }
            for name in user.sites.iter().chain(&user.prior_sites) {
                if self.site(name).is_none() {
                    return Err(format!("user {} names an unknown site: {name}", user.key));
                }
            }
        }
        Ok(())
    }

    /// The first site with this cloud id, name or address.
    pub(crate) fn site(&self, wish: &str) -> Option<&SeedSite> {
        self.sites.iter().find(|site| site.is_called(wish))
    }

    /// The user with this key.
    pub(crate) fn user(&self, key: &str) -> Option<&SeedUser> {
        self.users.iter().find(|user| user.key == key)
    }

    /// The user with this key, mutably.
    pub(crate) fn user_mut(&mut self, key: &str) -> Option<&mut SeedUser> {
        self.users.iter_mut().find(|user| user.key == key)
    }

    /// The app with this client id.
    pub(crate) fn app(&self, client_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }
}

impl SeedSite {
    /// Whether this is the site's cloud id, name or address, exactly.
    pub(crate) fn is_called(&self, wish: &str) -> bool {
        self.id == wish || self.name == wish || self.url == wish
    }
}

impl Default for Seed {
    fn default() -> Self {
        // The file is compiled in and covered by tests, so that the fallback is never used.
        Self::parse(include_str!("../../seed.example.toml")).unwrap_or(Self {
            apps: Vec::new(),
            sites: Vec::new(),
            users: Vec::new(),
        })
    }
}

impl SeedUser {
    /// The `account_id` of the profile; empty if the profile has none, which [`Seed::parse`]
    /// refuses.
    pub fn account_id(&self) -> &str {
        self.profile
            .get("account_id")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }

    /// The `name` of the profile, or the key if the profile has none.
    pub fn name(&self) -> &str {
        self.profile
            .get("name")
            .and_then(serde_json::Value::as_str)
            .unwrap_or(&self.key)
    }
}
