//! Responses that several endpoints give.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// A response with a JSON body; a number that is not a valid status becomes 500.
pub(crate) fn json_response(status: u16, body: &Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// 404 for a path that does not exist, with a JSON body.
pub(crate) fn not_found() -> Response<String> {
    json_response(404, &json!({ "code": 404, "message": "Not Found" }))
}

/// 401 for a token that is missing, unknown or expired, with the body that Atlassian's API host
/// sends.
pub(crate) fn unauthorized() -> Response<String> {
    json_response(401, &json!({ "code": 401, "message": "Unauthorized" }))
}

/// 200 with an HTML page.
pub(crate) fn html(text: String) -> Response<String> {
    let mut response = Response::new(text);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// 204 without a body, for preflights.
pub(crate) fn no_content() -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
