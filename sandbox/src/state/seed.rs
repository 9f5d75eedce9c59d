use serde::{Deserialize, Serialize};

/// Who and what exists in a sandbox.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Seed {
    /// The apps of the developer console; the first is the one that the sandbox shows.
    pub apps: Vec<App>,
    /// The sites.
    #[serde(default)]
    pub sites: Vec<Site>,
    /// The accounts.
    pub users: Vec<User>,
}

/// An app of the developer console.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct App {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The name on the consent page.
    pub name: String,
    /// The scopes that were added in the console.
    pub scopes: Vec<String>,
    /// The registered callback URLs.
    #[serde(default)]
    pub callback_urls: Vec<String>,
    /// Whether any loopback address is a registered callback.
    #[serde(default)]
    pub any_loopback_callback: bool,
    /// Account-level (the default) or resource-level.
    #[serde(default)]
    pub grant_type: GrantType,
    /// A private app can be used by this user only.
    #[serde(default)]
    pub private_to: Option<String>,
}

/// The app's grant type, chosen when it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GrantType {
    /// One grant per account: each consent adds its site, and older tokens reach it too.
    #[default]
    Account,
    /// One grant per consent: its tokens reach the sites chosen there, and no others, with the scopes granted there.
    Resource,
}

/// A site.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Site {
    /// The cloud id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The address.
    pub url: String,
    /// `jira`, `confluence`.
    #[serde(default)]
    pub products: Vec<String>,
    /// Whether an admin blocked apps that users install.
    #[serde(default)]
    pub blocks_apps: bool,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct User {
    /// The short name by which tests and pages call the user.
    pub key: String,
    /// What `/me` answers; `account_id` is required.
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// The names of the sites that the user can access.
    #[serde(default)]
    pub sites: Vec<String>,
    /// The names of the sites that the user granted to the first app before; no new consent at a resource-level app
    /// reaches them.
    #[serde(default)]
    pub prior_sites: Vec<String>,
}

impl Seed {
    /// Reads a seed file's text.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let seed: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        seed.check()?;
        Ok(seed)
    }

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

    pub(crate) fn site(&self, wish: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.is_called(wish))
    }

    pub(crate) fn user(&self, key: &str) -> Option<&User> {
        self.users.iter().find(|user| user.key == key)
    }

    pub(crate) fn user_mut(&mut self, key: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.key == key)
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }
}

impl Site {
    /// Whether this is its cloud id, name or address.
    pub(crate) fn is_called(&self, wish: &str) -> bool {
        self.id == wish || self.name == wish || self.url == wish
    }
}

impl Default for Seed {
    fn default() -> Self {
        // The file is part of the crate and of its tests.
        Self::parse(include_str!("../../seed.example.toml")).unwrap_or(Self {
            apps: Vec::new(),
            sites: Vec::new(),
            users: Vec::new(),
        })
    }
}

impl User {
    /// The account id.
    pub fn account_id(&self) -> &str {
        self.profile
            .get("account_id")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }

    /// The name to show.
    pub fn name(&self) -> &str {
        self.profile
            .get("name")
            .and_then(serde_json::Value::as_str)
            .unwrap_or(&self.key)
    }
}
