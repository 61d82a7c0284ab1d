//! The format of SCIM answers: content type, error bodies, and which bodies are accepted.
//!
//! It knows no resource and no rule of the provider beyond the form of a message.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// A request that is answered with a SCIM error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) scim_type: Option<&'static str>,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type: None,
            detail: detail.into(),
        }
    }

    /// 400 of one of the SCIM kinds.
    pub(crate) fn bad(scim_type: &'static str, detail: impl Into<String>) -> Self {
        let (status, detail) = (StatusCode::BAD_REQUEST, detail.into());
        Self {
            status,
            scim_type: Some(scim_type),
            detail,
        }
    }

    pub(crate) fn not_found(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Resource {id} not found"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": [ERROR_SCHEMA],
            "status": self.status.as_str(),
            "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = json!(scim_type);
        }
        scim(self.status, &body)
    }
}

/// An answer with a SCIM body.
pub(crate) fn scim(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response()
}

/// Refuses a request that wants an answer in a format the provider does not have.
pub(crate) fn check_accept(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(accept) = headers.get(ACCEPT) else {
        return Ok(());
    };
    let ranges = accept
        .to_str()
        .unwrap_or_default()
        .split(',')
        .map(media_type);
    let served = [
        "",
        "*/*",
        "application/*",
        "application/json",
        "application/scim+json",
    ];
    if ranges
        .into_iter()
        .any(|range| served.contains(&range.as_str()))
    {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::NOT_ACCEPTABLE,
        "only JSON can be produced",
    ))
}

/// Reads a JSON body, if it says that it is one.
pub(crate) fn read_body(headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let sent = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !["application/json", "application/scim+json"].contains(&media_type(sent).as_str()) {
        let detail = "the body must be application/scim+json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad("invalidSyntax", format!("the body is not JSON: {error}")))
}

fn media_type(text: &str) -> String {
    text.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}
