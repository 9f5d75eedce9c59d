//! `GET openapi.json`: the JSON routes, described for programs.

use http::StatusCode;
use serde_json::Value;

use crate::config::Config;
use crate::environment::origin_text;
use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::{Request, has_template};
use crate::web::security::require_method;
use crate::web::state::Web;

/// The description, written by hand and tested against what the routes answer. It has every JSON
/// route of both modes.
const DESCRIPTION: &str = include_str!("openapi.json");
/// The address in it that stands for the public address of the prefix.
const SERVER: &str = "https://app.example.com/auth";

/// Serves the description of this app's routes. It depends on no visitor.
///
/// # Errors
///
/// 405.
pub(crate) fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    let described = web
        .description
        .get_or_init(|| description(&web.ports.config));
    Ok(Reply::new(StatusCode::OK).body("application/json", described.clone()))
}

/// Describes the routes that this app has, at its public address. Routes of the other mode and of
/// features that the app has not turned on are left out: they are 404.
fn description(config: &Config) -> String {
    let (mount, prefix) = (&config.mount, &config.prefix);
    let server = format!("{}{mount}{prefix}", origin_text(&config.public_url));
    let described = DESCRIPTION.replace(SERVER, &server);
    let mut described: Value = serde_json::from_str(&described).unwrap_or_default();
    if let Some(paths) = described["paths"].as_object_mut() {
        paths.retain(|template, _| has_template(config, template));
    }
    described.to_string()
}
