//! A browser without a window: cookies, and the headers that Chromium was seen to send.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Request, Response, StatusCode};

use crate::app::App;
use crate::world::{ORIGIN, World};

/// A browser with cookies of its own.
#[derive(Clone, Debug)]
pub struct Browser<A> {
    app: A,
    /// The cookies for the app's host.
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The response as it came.
    pub response: Response<Bytes>,
}

impl Seen {
    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.response.body()).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.response.body()).expect("the body is JSON")
    }

    /// A header, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        self.response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or(""))
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }
}

const NAVIGATION: [(&str, &str); 4] = [
    ("accept", "text/html,*/*;q=0.8"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-user", "?1"),
];

impl<A: App> Browser<A> {
    /// A browser that has seen nothing.
    pub fn new(app: &A) -> Self {
        Self {
            app: app.clone(),
            cookies: BTreeMap::new(),
        }
    }

    /// Follows a link of the app itself.
    pub async fn open(&mut self, path: &str) -> Seen {
        self.navigate(path, "same-origin").await
    }

    /// Arrives from another site, as the callback does.
    pub async fn arrive(&mut self, path: &str) -> Seen {
        self.navigate(path, "cross-site").await
    }

    async fn navigate(&mut self, path: &str, from: &'static str) -> Seen {
        let mut headers = NAVIGATION.to_vec();
        headers.push(("sec-fetch-site", from));
        self.request("GET", path, &headers).await
    }

    /// Presses a button of a form of the app itself.
    pub async fn submit(&mut self, path: &str, form: &str) -> Seen {
        let mut headers = NAVIGATION.to_vec();
        headers.extend([
            ("sec-fetch-site", "same-origin"),
            ("origin", ORIGIN),
            ("content-type", "application/x-www-form-urlencoded"),
        ]);
        self.send(
            "POST",
            path,
            &headers,
            Bytes::copy_from_slice(form.as_bytes()),
        )
        .await
    }

    /// A script of the app itself fetches.
    pub async fn fetch(&mut self, method: &str, path: &str) -> Seen {
        let headers = [
            ("accept", "application/json"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.request(method, path, &headers).await
    }

    /// Sends exactly these headers, and the cookies; no body.
    pub async fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Seen {
        self.send(method, path, headers, Bytes::new()).await
    }

    /// Sends exactly these headers, and the cookies.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Seen {
        let host = ("host", &ORIGIN["http://".len()..]);
        let headers: Vec<(&str, &str)> = [host].into_iter().chain(headers.to_vec()).collect();
        self.send_as(method, path, &headers, body).await
    }

    /// The same, the host included.
    pub async fn send_as(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Seen {
        let path = path.strip_prefix(ORIGIN).unwrap_or(path);
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let is_foreign = headers.contains(&("sec-fetch-site", "cross-site"));
        let cookies = self.cookies_for(is_foreign);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        let response = self.app.call(request.body(body).expect("a request")).await;
        self.keep_cookies(&response);
        Seen { response }
    }

    /// The Cookie header that this browser sends.
    pub fn cookie_header(&self) -> String {
        self.cookies_for(false)
    }

    /// The app's own cookies whose name begins with `strict-` are `SameSite=Strict`.
    fn cookies_for(&self, is_foreign: bool) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .filter(|(name, _)| !is_foreign || !name.starts_with("strict-"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep_cookies(&mut self, response: &Response<Bytes>) {
        for field in response.headers().get_all(SET_COOKIE) {
            let field = field.to_str().expect("a Set-Cookie is ASCII");
            let (pair, attributes) = field.split_once(';').expect("our cookies have attributes");
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            // One second is the life of the mark that a logout leaves.
            if attributes.contains("Max-Age=0;") || attributes.contains("Max-Age=1;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Starts a login and gives the address at Atlassian.
    pub async fn start_login(&mut self, return_to: &str) -> String {
        let return_to: String =
            url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        let seen = self
            .open(&format!("/auth/login?return_to={return_to}"))
            .await;
        assert_eq!(
            seen.response.status(),
            StatusCode::SEE_OTHER,
            "{}",
            seen.text()
        );
        seen.location().to_owned()
    }

    /// Starts a login and consents to it at Atlassian; gives the callback's address, which is not opened yet.
    pub async fn callback_of_login(
        &mut self,
        world: &World<A>,
        user: &str,
        return_to: &str,
    ) -> String {
        let authorize = self.start_login(return_to).await;
        world.approve(&authorize, user).await
    }

    /// Signs in at Atlassian and comes back; gives the callback's address and answer.
    pub async fn sign_in(
        &mut self,
        world: &World<A>,
        user: &str,
        return_to: &str,
    ) -> (String, Seen) {
        let callback = self.callback_of_login(world, user, return_to).await;
        let seen = self.arrive(&callback).await;
        (callback, seen)
    }

    /// Consents at Atlassian as `user` and comes back; gives the callback's answer.
    ///
    /// # Panics
    ///
    /// If Atlassian shows an error page.
    pub async fn consent(&mut self, world: &World<A>, authorize: &str, user: &str) -> Seen {
        let callback = world.approve(authorize, user).await;
        self.arrive(&callback).await
    }

    /// The same browser with a user signed in to the app itself.
    #[must_use]
    pub fn with_user(mut self, name: &str, user: &str) -> Self {
        self.cookies.insert(name.to_owned(), user.to_owned());
        self
    }

    /// Presses "Connect" and gives the address at Atlassian.
    pub async fn start_connect(&mut self, form: &str) -> String {
        let seen = self.submit("/auth/connect", form).await;
        let status = seen.response.status();
        assert_eq!(status, StatusCode::SEE_OTHER, "{}", seen.text());
        seen.location().to_owned()
    }

    /// Presses "Connect" and consents at Atlassian; gives the callback's address, which is not opened yet.
    pub async fn callback_of_connect(
        &mut self,
        world: &World<A>,
        user: &str,
        form: &str,
    ) -> String {
        let authorize = self.start_connect(form).await;
        world.approve(&authorize, user).await
    }

    /// Connects the account of `user` at Atlassian; gives the callback's address and answer.
    pub async fn connect(&mut self, world: &World<A>, user: &str, form: &str) -> (String, Seen) {
        let callback = self.callback_of_connect(world, user, form).await;
        let seen = self.arrive(&callback).await;
        (callback, seen)
    }

    /// The account id of the user whom the app sees, if any.
    pub async fn who_am_i(&mut self) -> Option<String> {
        let seen = self.fetch("GET", "/auth/me").await;
        (seen.status() == 200).then(|| {
            seen.json()["account_id"]
                .as_str()
                .expect("an id")
                .to_owned()
        })
    }
}
