//! Reads a request to the end and parses it.

use std::collections::BTreeMap;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use url::form_urlencoded;

/// The largest body of a request, in bytes; the connection of a larger one is closed without a
/// response.
const MOST_BODY: usize = 16 * 1024 * 1024;

/// What a handler needs of a request.
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Without the question mark; empty if there is none.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The fields of a form or the texts of a JSON object, and the client of HTTP Basic; of several
    /// under one name, the last.
    pub(crate) fields: BTreeMap<String, String>,
    /// The `site` fields of a form, the only ones that may repeat.
    pub(crate) sites: Vec<String>,
    /// The body as JSON; null if it is not JSON.
    pub(crate) json: serde_json::Value,
}

impl ReceivedRequest {
    /// Reads a request to the end of its body.
    ///
    /// An error means that the body is too large or ended early; the connection is closed then.
    pub(crate) async fn read(request: Request<Incoming>) -> io::Result<Self> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MOST_BODY)
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        let mut fields = body_fields(&parts.headers, &body);
        fields.extend(basic_client(&parts.headers).into_iter().flatten());
        Ok(Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            sites: sites_of(&body),
            json: serde_json::from_slice(&body).unwrap_or_default(),
            fields,
        })
    }

    /// The token of an `Authorization: Bearer` field (RFC 6750 §2.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        value?.strip_prefix("Bearer ")
    }

    /// The address at which the sandbox was called.
    pub(crate) fn own_url(&self) -> String {
        let host = self.headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("localhost"))
    }

    /// The header fields as text, with names in lower case; of several under one name, the last.
    /// Bytes that are not UTF-8 are replaced.
    pub(crate) fn header_texts(&self) -> BTreeMap<String, String> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let fields = self.headers.iter();
        fields
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect()
    }
}

/// The fields of a form if the content type is that of one, else the texts at the top level of a
/// JSON object.
fn body_fields(headers: &HeaderMap, body: &[u8]) -> BTreeMap<String, String> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).unwrap_or_default();
    let texts = object
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    texts.collect()
}

/// The values of all `site` fields, in order. The body is read as a form whatever its content type.
fn sites_of(form: &[u8]) -> Vec<String> {
    let fields = form_urlencoded::parse(form).into_owned();
    let sites = fields.filter(|(name, _)| name == "site");
    sites.map(|(_, site)| site).collect()
}

/// The client's credentials by HTTP Basic (RFC 6749 §2.3.1), as if they were fields of the body.
/// Neither part is percent-decoded.
fn basic_client(headers: &HeaderMap) -> Option<Vec<(String, String)>> {
    let value = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(vec![
        ("client_id".to_owned(), id.to_owned()),
        ("client_secret".to_owned(), secret.to_owned()),
    ])
}
