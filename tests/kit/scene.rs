//! A browser in the middle of a login, and the corpora of malformed requests.

use serde_json::Value;

use crate::{App, Browser, World};

/// The rows of a surface of the corpus of malformed input.
pub fn malformed(surface: &str) -> Vec<Value> {
    let all = include_str!("../corpora/malformed_cases.json");
    let all: Vec<Value> = serde_json::from_str(all).expect("the corpus is JSON");
    all.into_iter()
        .filter(|row| row["surface"] == surface)
        .collect()
}

/// One browser in the middle of a login, another that is signed in, and what the corpus calls by name.
#[derive(Debug)]
pub struct Scene<A> {
    /// The browser in the middle of a login.
    pub browser: Browser<A>,
    /// The name of its flow's cookie.
    pub flow_name: String,
    code: String,
    state: String,
    session: String,
}

impl<A: App> Scene<A> {
    /// Edward is signed in, and Mia's answer is on its way back from Atlassian.
    pub async fn new(world: &World<A>) -> Self {
        let mut signed_in = world.browser();
        signed_in.sign_in(world, "edward", "/").await;
        let mut browser = world.browser();
        let callback = browser.callback_of_login(world, "mia", "/user").await;
        let callback = url::Url::parse(&callback).expect("an address");
        let parameter = |name: &str| {
            let found = callback.query_pairs().find(|(key, _)| key == name);
            found.expect("the parameter is there").1.into_owned()
        };
        Self {
            code: parameter("code"),
            state: parameter("state"),
            flow_name: browser.cookies.keys().next().expect("a flow").clone(),
            session: signed_in.cookies["threelo-session-3000"].clone(),
            browser,
        }
    }

    /// Fills in the corpus' placeholders; `None` for those that this scene does not have.
    pub fn fill(&self, text: &str) -> Option<String> {
        let flow = self.browser.cookies[&self.flow_name].clone();
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                break;
            };
            let (name, change) = name.split_once(':').unwrap_or((name, ""));
            let value = match name {
                "CODE" => &self.code,
                "STATE" => &self.state,
                "SID" => &self.session,
                "FLOW" => &flow,
                _ => return None,
            };
            out.push_str(&changed(value, change)?);
            rest = tail;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The corpus' names for our cookies, as they are here.
    pub fn rename(&self, cookies: &str) -> String {
        cookies
            .replace("__Host-flow", &self.flow_name)
            .replace("__Host-sid", "threelo-session-3000")
            .replace("%5F%5FHost-sid", "%74hreelo-session-3000")
            .replace("__Host-s%69d", "threelo-sess%69on-3000")
    }
}

fn changed(value: &str, change: &str) -> Option<String> {
    let flip = |character: char| if character == 'A' { 'B' } else { 'A' };
    Some(match change {
        "" => value.to_owned(),
        "-1" => value[..value.len() - 1].to_owned(),
        "flip" => format!("{}{}", flip(value.chars().next()?), &value[1..]),
        "lower" => value.to_lowercase(),
        "pad" => format!("{value}="),
        "stdb64" => format!("+/{}", &value[2..]),
        "percent" => format!("%{:02X}{}", value.as_bytes()[0], &value[1..]),
        "trailingbits" => {
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let last = alphabet.find(value.chars().last()?)?;
            format!(
                "{}{}",
                &value[..value.len() - 1],
                alphabet.as_bytes()[last ^ 1] as char
            )
        }
        _ => return None,
    })
}
