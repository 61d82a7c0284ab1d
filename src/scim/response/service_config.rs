//! Reads what a provider says about itself: `ServiceProviderConfig` (RFC 7643 §5), and its clock.
//!
//! This is only shown to people. No decision depends on it, because Anaplan's configuration says that
//! PATCH and filters are not supported, and both work.

use serde_json::Value;

use crate::http::{Body, Reply, server_millis};

use crate::scim::response::json_fields::Fields;
use crate::scim::response::json_value::{JsonObject, JsonValue};

/// What a provider says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceConfig {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The provider's clock when it answered, in milliseconds since the epoch, if it says.
    pub clock_ms: Option<i64>,
    /// Which of `patch`, `filter`, `bulk`, `etag`, `sort` and `changePassword` it says it supports. What
    /// it does not mention is left out.
    pub supports: Vec<(&'static str, bool)>,
    /// The most users in one filtered answer, if it says.
    pub most_results: Option<u64>,
}

const FEATURES: [(&str, &str); 6] = [
    ("patch", "patch"),
    ("filter", "filter"),
    ("bulk", "bulk"),
    ("etag", "etag"),
    ("sort", "sort"),
    ("changepassword", "changePassword"),
];

/// Reads an answer to `GET /ServiceProviderConfig`.
pub(in crate::scim) fn read(reply: &Reply) -> ServiceConfig {
    let names = FEATURES.map(|(key, _)| key);
    let fields = match &reply.body {
        Body::Whole(body) => Fields::parse(body, &names).unwrap_or_default(),
        Body::Broken(_) | Body::Packed(_) | Body::TooLong => Fields::default(),
    };
    let feature = |key: &str| match fields.get(key) {
        Some(JsonValue::Object(feature)) => Some(feature),
        _ => None,
    };
    let supports = FEATURES.into_iter().filter_map(|(key, name)| {
        let is_supported = feature(key).map(|feature| feature.get("supported"));
        match is_supported.flatten() {
            Some(JsonValue::Bool(is_supported)) => Some((name, *is_supported)),
            _ => None,
        }
    });
    let most_results = |filter: &JsonObject| match filter.get("maxResults") {
        Some(JsonValue::Number(most)) => most.as_u64(),
        _ => None,
    };
    ServiceConfig {
        status: reply.status,
        clock_ms: server_millis(&reply.headers),
        supports: supports.collect(),
        most_results: feature("filter").and_then(most_results),
    }
}

impl ServiceConfig {
    /// What it says, as a JSON object.
    pub fn to_json(&self) -> Value {
        let supports = self.supports.iter();
        let supports = supports.map(|(name, can)| ((*name).to_owned(), Value::from(*can)));
        serde_json::json!({
            "status": self.status,
            "supports": Value::Object(supports.collect()),
            "most_results": self.most_results,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderMap, HeaderValue};

    fn reply(body: &str) -> Reply {
        let mut headers = HeaderMap::new();
        let date = HeaderValue::from_static("Thu, 01 Jan 1970 00:00:30 GMT");
        headers.insert("date", date);
        Reply {
            status: 200,
            headers,
            body: Body::Whole(body.as_bytes().to_vec()),
            proxy: None,
        }
    }

    #[test]
    fn only_features_that_are_mentioned_are_read() {
        let body = r#"{"patch":{"supported":false},"Filter":{"supported":true,"maxResults":200},
                       "bulk":{"supported":"no"},"etag":null}"#;
        let provider = read(&reply(body));
        assert_eq!(provider.supports, [("patch", false), ("filter", true)]);
        assert_eq!(provider.most_results, Some(200));
        assert_eq!(provider.clock_ms, Some(30_000));
        for odd in ["", "[]", "<html>", r#"{"patch":true,"filter":[]}"#] {
            assert_eq!(read(&reply(odd)).supports, [], "{odd}");
        }
    }
}
