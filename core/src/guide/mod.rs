//! Guides for code in browsers and desktop apps: which of two patterns to choose, and how to set it up.
//!
//! - *Backend for frontend*: the browser never has a token of Atlassian. Its scripts use the JSON routes, and calls to
//!   Atlassian are [forwarded](crate::AuthBuilder::forward) by the app. Prefer this pattern: a script cannot steal a
//!   token that the page does not have.
//! - *Direct*: the browser calls `api.atlassian.com` itself, with a short-lived access token that the app [hands
//!   out](crate::AuthBuilder::access_tokens) to listed origins. It saves a hop, but an injected script gets the rights
//!   of the user for up to an hour. The pattern rests on one sentence of Atlassian's FAQ, that CORS is supported for
//!   `api.atlassian.com`; the limits are not documented (docs/protocol.md section 7).
//!
//! With neither of them can a browser *obtain* a token by itself: the token endpoint requires the client secret, and
//! does not answer scripts.
//!
//! | guide | for |
//! |---|---|
//! | [`single_page_app`] | pages on the origin of the app, on the same site, or on another site |
//! | [`electron`] | Electron and other desktop apps, with the system browser |
//! | [`chrome_extension`] | extensions with Manifest V3 |
//! | [`inside_a_frame`] | macros, panels and tabs: the app inside another page |

#[doc = include_str!("single_page_app.md")]
pub mod single_page_app {}

#[doc = include_str!("electron.md")]
pub mod electron {}

#[doc = include_str!("chrome_extension.md")]
pub mod chrome_extension {}

#[doc = include_str!("inside_a_frame.md")]
pub mod inside_a_frame {}
