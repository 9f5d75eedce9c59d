//! The responses of faults.

use http::{HeaderValue, Response, StatusCode, header};

use crate::body::Body;
use crate::response::{html, json_response, not_found};
use crate::state::fault::Fault;

/// The response of a fault that replaces the usual one.
///
/// The faults that are not responses ([`Fault::Delay`], [`Fault::CutBefore`], [`Fault::CutAfter`])
/// are handled by the server; here they are 404.
pub(crate) fn fault_response(fault: &Fault) -> Response<Body> {
    let with_body = |body: Body| json_response(200, &serde_json::Value::Null).map(|_| body);
    let text = match fault {
        Fault::Html => html("<!doctype html><title>Bad gateway</title><h1>Oops</h1>".to_owned()),
        Fault::Body { status, body } => {
            json_response(*status, &serde_json::Value::Null).map(|_| body.clone())
        }
        Fault::Redirect { status, location } => {
            let fields = [("location".to_owned(), location.clone())];
            with_fields(json_response(*status, &serde_json::json!({})), &fields)
        }
        Fault::Answer {
            status,
            headers,
            body,
        } => with_fields(bare(*status, body), headers),
        Fault::Status(status) => {
            let response = json_response(*status, &serde_json::json!({}));
            let wait = ("retry-after".to_owned(), "1".to_owned());
            let fields = if *status == 429 {
                vec![wait]
            } else {
                Vec::new()
            };
            with_fields(response, &fields)
        }
        Fault::Endless => return with_body(Body::Endless),
        Fault::Drip => return with_body(Body::drip()),
        Fault::CutBody => {
            let mut response = with_body(Body::cut(b"{\"access_token\":\"A"));
            let length = HeaderValue::from_static("1000");
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
            return response;
        }
        Fault::Delay(_) | Fault::CutBefore | Fault::CutAfter => not_found(),
    };
    text.map(Body::from)
}

/// A response without header fields; a number that is not a valid status becomes 500.
fn bare(status: u16, body: &str) -> Response<String> {
    let mut response = Response::new(body.to_owned());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// Sets header fields, each replacing an earlier one of the same name; invalid ones are left out.
fn with_fields(mut response: Response<String>, fields: &[(String, String)]) -> Response<String> {
    for (name, value) in fields {
        let name = header::HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
