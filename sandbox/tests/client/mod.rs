//! A client of the sandbox for its tests.

#![allow(dead_code, reason = "every test file uses another part")]

use serde_json::{Value, json};
use threelo_sandbox::Sandbox;
use url::Url;

pub(crate) const CALLBACK: &str = "http://localhost:3000/auth/callback";

/// A client of the sandbox that follows no redirect.
pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
}

impl Client {
    pub(crate) async fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            sandbox: Sandbox::builder().start().await.unwrap(),
            http,
        }
    }

    pub(crate) fn authorize(&self, changes: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("audience", "api.atlassian.com"),
            ("client_id", self.sandbox.client_id()),
            ("scope", "read:me read:jira-work offline_access"),
            ("redirect_uri", CALLBACK),
            ("state", "the-state"),
            ("response_type", "code"),
            ("prompt", "consent"),
        ];
        for change in changes {
            fields.retain(|(name, _)| name != &change.0);
            fields.push(*change);
        }
        let mut url = Url::parse(&format!("{}/authorize", self.sandbox.url())).unwrap();
        url.query_pairs_mut().extend_pairs(fields);
        url.into()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.sandbox.url()));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default(),
        )
    }

    pub(crate) async fn token(&self, mut body: Value) -> (u16, Value) {
        body["client_id"] = self.sandbox.client_id().into();
        if body.get("client_secret").is_none() {
            body["client_secret"] = self.sandbox.client_secret().into();
        }
        self.post("/oauth/token", body).await
    }

    pub(crate) async fn code(&self, user: &str, changes: &[(&str, &str)]) -> String {
        let callback = self
            .sandbox
            .approve(&self.authorize(changes), user, None)
            .await
            .unwrap();
        let callback = Url::parse(&callback).unwrap();
        assert!(
            callback
                .query_pairs()
                .any(|(name, value)| name == "state" && value == "the-state")
        );
        callback
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1
            .into_owned()
    }

    pub(crate) async fn tokens(&self, user: &str, changes: &[(&str, &str)]) -> Value {
        let code = self.code(user, changes).await;
        let body =
            json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK });
        let (status, tokens) = self.token(body).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    pub(crate) async fn refresh(&self, token: &str) -> (u16, Value) {
        self.token(json!({ "grant_type": "refresh_token", "refresh_token": token }))
            .await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}{path}", self.sandbox.url()));
        let response = request
            .header("authorization", format!("Bearer {token}"))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default(),
        )
    }
}
