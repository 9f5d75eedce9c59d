//! `GET openapi.json`: the JSON routes, described for programs.

use http::StatusCode;

use crate::environment::origin_text;
use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::Request;
use crate::web::security::require_method;
use crate::web::state::Web;

/// The description, written by hand and tested against what the routes answer. It has the routes of
/// both modes.
const DESCRIPTION: &str = include_str!("openapi.json");
/// The address in it that stands for the public address of the prefix.
const SERVER: &str = "https://app.example.com/auth";

/// Serves the description with this app's public address. It depends on no visitor.
///
/// # Errors
///
/// 405.
pub(crate) fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    let config = &web.ports.config;
    let (mount, prefix) = (&config.mount, &config.prefix);
    let server = format!("{}{mount}{prefix}", origin_text(&config.public_url));
    let described = DESCRIPTION.replace(SERVER, &server);
    Ok(Reply::new(StatusCode::OK).body("application/json", described))
}
