//! The JSON routes of a world, from the description that its app serves.

use std::collections::BTreeSet;

use crate::app::App;
use crate::world::World;

/// What a script can ask of an app: a method and a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// As `GET`.
    pub method: String,
    /// As `/sessions/{handle}`, below the prefix.
    pub template: String,
    /// A path to send, as `/auth/sessions/AAAAAAAAAAAAAAAA`.
    pub path: String,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl<A: App> World<A> {
    /// Returns every operation on the app's JSON routes, forwarded calls and the description itself aside. A route
    /// that is added is in it, because `house` asks for its description.
    ///
    /// # Panics
    ///
    /// If the description cannot be read.
    pub async fn operations(&self) -> BTreeSet<Operation> {
        let seen = self.browser().fetch("GET", "/auth/openapi.json").await;
        let described = seen.json();
        let paths = described["paths"].as_object().expect("paths");
        let of_path = |template: &str| {
            let path = template.replace("{handle}", "AAAAAAAAAAAAAAAA");
            METHODS.map(|method| Operation {
                method: method.to_uppercase(),
                template: template.to_owned(),
                path: format!("/auth{path}"),
            })
        };
        let mut operations: BTreeSet<Operation> =
            paths.keys().flat_map(|path| of_path(path)).collect();
        operations.retain(|one| {
            paths[&one.template]
                .get(one.method.to_lowercase())
                .is_some()
        });
        operations
            .retain(|one| !one.path.starts_with("/auth/api/") && one.path != "/auth/openapi.json");
        assert!(operations.len() >= 5, "{operations:?}");
        operations
    }
}
