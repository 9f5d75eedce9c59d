//! A client of the sandbox for its tests.

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

    /// Posts a form and returns the response.
    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .http
            .post(format!("{}{path}", self.sandbox.url()))
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap()
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
        code_of(&callback)
    }

    pub(crate) async fn tokens(&self, user: &str, changes: &[(&str, &str)]) -> Value {
        let code = self.code(user, changes).await;
        self.exchange(&code).await
    }

    /// The tokens of a consent for these sites.
    pub(crate) async fn tokens_for(
        &self,
        user: &str,
        sites: &[&str],
        changes: &[(&str, &str)],
    ) -> Value {
        let authorize = self.authorize(changes);
        let callback = self.sandbox.approve_sites(&authorize, user, sites).await;
        self.exchange(&code_of(&callback.unwrap())).await
    }

    pub(crate) async fn exchange(&self, code: &str) -> Value {
        let body =
            json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK });
        let (status, tokens) = self.token(body).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    /// The names of the sites that are listed for a token response, sorted.
    pub(crate) async fn sites(&self, tokens: &Value) -> Vec<String> {
        let access = tokens["access_token"].as_str().unwrap();
        let (status, sites) = self.get("/oauth/token/accessible-resources", access).await;
        assert_eq!(status, 200, "{sites}");
        let name = |site: &Value| site["name"].as_str().unwrap().to_owned();
        let mut names: Vec<String> = sites.as_array().unwrap().iter().map(name).collect();
        names.sort_unstable();
        names
    }

    /// The status of a call to Jira at a site.
    pub(crate) async fn jira(&self, cloud_id: &str, tokens: &Value) -> u16 {
        let path = format!("/ex/jira/{cloud_id}/rest/api/3/project/search");
        let access = tokens["access_token"].as_str().unwrap();
        self.get(&path, access).await.0
    }

    /// Uses the refresh token of a token response.
    pub(crate) async fn refreshed(&self, tokens: &Value) -> Value {
        let token = tokens["refresh_token"].as_str().unwrap();
        let (status, tokens) = self.refresh(token).await;
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

/// The code in a callback's address, whose state must be the one that was sent.
pub(crate) fn code_of(callback: &str) -> String {
    let callback = Url::parse(callback).unwrap();
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

/// A text of a JSON object, which must be there.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The `error` and `error_description` of a refused token request.
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

/// The refusal of a refresh token by the current service.
pub(crate) const BAD_REFRESH: Refusal = Refusal {
    error: "unauthorized_client",
    description: "refresh_token is invalid",
};

/// Whether a response of the token endpoint is this refusal.
pub(crate) fn refused(response: &(u16, Value), refusal: &Refusal) -> bool {
    let (status, body) = response;
    *status >= 400
        && body["error"] == refusal.error
        && body["error_description"] == refusal.description
}

/// The access token of a token response.
pub(crate) fn access(tokens: &Value) -> &str {
    text(tokens, "access_token")
}
