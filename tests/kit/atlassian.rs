//! What a world's Atlassian is asked to do, and what it saw.

use std::time::Duration;

use threelo_sandbox::{Fault, JournalEntry};

use crate::app::App;
use crate::world::World;

/// An answer of Atlassian's with this status, these header fields and this body.
pub fn answer(status: u16, fields: &[(&str, &str)], body: &str) -> Fault {
    let fields = fields.iter();
    Fault::Answer {
        status,
        headers: fields
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

impl<A: App> World<A> {
    /// The consent of `user` at Atlassian, with the first site; gives the callback's address.
    ///
    /// # Panics
    ///
    /// If Atlassian shows an error page.
    pub async fn approve(&self, authorize: &str, user: &str) -> String {
        let callback = self.sandbox.approve(authorize, user, None).await;
        callback.expect("the consent page takes the answer")
    }

    /// The consent of `user` at Atlassian with these sites; gives the callback's address.
    ///
    /// # Panics
    ///
    /// If Atlassian shows an error page.
    pub async fn approve_sites(&self, authorize: &str, user: &str, sites: &[&str]) -> String {
        let callback = self.sandbox.approve_sites(authorize, user, sites).await;
        callback.expect("the consent page takes the answer")
    }

    /// How many refreshes Atlassian saw.
    pub fn refreshes(&self) -> usize {
        let is_refresh = |entry: &&JournalEntry| {
            entry.fields.get("grant_type").map(String::as_str) == Some("refresh_token")
        };
        self.sandbox.journal().iter().filter(is_refresh).count()
    }

    /// The calls to Atlassian's APIs that Atlassian saw.
    pub fn api_calls(&self) -> Vec<JournalEntry> {
        let journal = self.sandbox.journal().into_iter();
        journal
            .filter(|entry| entry.path.starts_with("/ex/"))
            .collect()
    }

    /// How often Atlassian was asked which sites a grant reaches.
    pub fn site_requests(&self) -> usize {
        let path = "/oauth/token/accessible-resources";
        self.sandbox.count("GET", path)
    }

    /// Waits until Atlassian has received the first refresh.
    pub async fn wait_for_refresh(&self) {
        while self.refreshes() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until Atlassian has received the first request for tokens.
    pub async fn wait_for_exchange(&self) {
        while self.sandbox.count("POST", "/oauth/token") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
