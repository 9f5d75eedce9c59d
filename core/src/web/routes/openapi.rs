//! `GET openapi.json`

use http::StatusCode;

use crate::environment::origin_text;
use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::Request;
use crate::web::security::require_method;
use crate::web::state::Web;

/// The JSON routes, described by hand, and tested against what they answer.
const DESCRIPTION: &str = include_str!("openapi.json");
/// What stands in it for the public address of the prefix.
const SERVER: &str = "https://app.example.com/auth";

pub(crate) fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    let config = &web.ports.config;
    let (mount, prefix) = (&config.mount, &config.prefix);
    let server = format!("{}{mount}{prefix}", origin_text(&config.public_url));
    let described = DESCRIPTION.replace(SERVER, &server);
    Ok(Reply::new(StatusCode::OK).body("application/json", described))
}
