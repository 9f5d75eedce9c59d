//! Guides for code in browsers: which of two patterns, and why.
//!
//! - *Backend for frontend*: the browser never has a token of Atlassian's. Its scripts ask the JSON routes, and calls to
//!   Atlassian are [passed on](crate::AuthBuilder::forward). Take this one unless something speaks against it: what a page
//!   never has, no script in it can steal.
//! - *Direct*: the browser calls `api.atlassian.com` itself, with a short-lived access token that
//!   [this app hands out](crate::AuthBuilder::access_tokens) to listed origins. It saves a hop, and a script that runs in
//!   the page by mistake has an hour of the user's rights. It rests on one sentence of Atlassian's FAQ, that CORS is
//!   supported for `api.atlassian.com`; nothing is said of its limits.
//!
//! Neither lets a browser *obtain* a token: the token endpoint wants the client secret, and answers no script.

#[doc = include_str!("single_page_app.md")]
pub mod single_page_app {}

#[doc = include_str!("electron.md")]
pub mod electron {}

#[doc = include_str!("chrome_extension.md")]
pub mod chrome_extension {}
