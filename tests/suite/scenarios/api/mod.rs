//! Calls to Atlassian's APIs.

mod answers;
mod jobs;
mod links;
mod outcomes;
mod rate_limits;
mod requests;
mod tokens;
mod visitors;

use serde_json::Value;
use threelo::atlassian::Api;
use threelo::{ApiClient, ApiError, Site};

use super::refresh::{HOUR, MINUTE};
use super::{App, Browser, World};

const PROJECTS: &str = "/rest/api/3/project/search";

/// Edward's client and his one site, outside any request.
#[derive(Clone)]
struct Job {
    atlassian: ApiClient,
    site: Site,
}

impl Job {
    async fn of_edward(world: &World) -> Self {
        world.signed_in("edward").await;
        let grant = world.grant_of("edward").await;
        let sites = grant.sites().await.unwrap();
        Self {
            atlassian: grant.client(),
            site: sites[0].clone(),
        }
    }

    fn jira(&self) -> Api<'_> {
        self.atlassian.jira(&self.site)
    }

    async fn call(&self) -> Result<Value, ApiError> {
        self.jira().get(PROJECTS).json().await
    }
}
