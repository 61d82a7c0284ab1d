//! Which attributes of users a provider declares: `/Schemas` (RFC 7643 §7, RFC 7644 §4).

use serde_json::{Map, Value};

use crate::domain::{Request, RequestKind};

use crate::scim::response::json_fields::member;

/// The endpoint.
const SCHEMAS: &str = "/Schemas";

/// The last parts of the URNs of schemas that do not describe users.
const OTHERS: [&str; 4] = ["group", "resourcetype", "schema", "serviceproviderconfig"];

/// The request for all schemas.
pub(in crate::scim) fn request() -> Request {
    Request::bare(RequestKind::List, "GET", SCHEMAS.to_owned())
}

/// Whether this is the request for all schemas.
pub(in crate::scim) fn is_asked_by(request: &Request) -> bool {
    request.path == SCHEMAS
}

/// Whether an answer declares an attribute of users with this name, in the schema of users or in an
/// extension of it. A body that is not a list of schemas declares nothing.
pub(in crate::scim) fn declares(body: &[u8], attribute: &str) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let schemas = match &value {
        Value::Object(list) => member(list, "Resources").and_then(Value::as_array),
        // Some providers answer with an array of schemas, without the list around it.
        Value::Array(schemas) => Some(schemas),
        _ => None,
    };
    let schemas = schemas.into_iter().flatten().filter_map(Value::as_object);
    schemas
        .filter(|schema| is_of_users(schema))
        .filter_map(|schema| member(schema, "attributes")?.as_array())
        .flatten()
        .filter_map(|declared| member(declared.as_object()?, "name")?.as_str())
        .any(|name| name.eq_ignore_ascii_case(attribute))
}

fn is_of_users(schema: &Map<String, Value>) -> bool {
    let id = member(schema, "id").and_then(Value::as_str);
    let last = id.unwrap_or_default().rsplit(':').next();
    let last = last.unwrap_or_default().to_ascii_lowercase();
    !OTHERS.contains(&last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = r#"{"id":"urn:ietf:params:scim:schemas:core:2.0:User",
        "attributes":[{"name":"userName"},{"name":"Entitlements","multiValued":true}]}"#;
    const GROUP: &str = r#"{"id":"urn:ietf:params:scim:schemas:core:2.0:Group",
        "attributes":[{"name":"roles"}]}"#;
    const EXTENSION: &str = r#"{"id":"urn:example:params:scim:schemas:extension:x:2.0:User",
        "attributes":[{"name":"seats"}]}"#;

    #[test]
    fn an_attribute_is_declared_by_the_schema_of_users_or_by_an_extension() {
        let all = format!(r#"{{"totalResults":3,"Resources":[{USER},{GROUP},{EXTENSION}]}}"#);
        for (attribute, expected) in [
            ("entitlements", true),
            ("seats", true),
            ("roles", false),
            ("userNam", false),
        ] {
            let found = declares(all.as_bytes(), attribute);
            assert_eq!(found, expected, "{attribute}");
            let bare = format!("[{USER},{GROUP},{EXTENSION}]");
            assert_eq!(declares(bare.as_bytes(), attribute), expected);
        }
        for odd in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"Resources":[7,{"attributes":7}]}"#,
        ] {
            assert!(!declares(odd.as_bytes(), "entitlements"), "{odd}");
        }
        assert!(is_asked_by(&request()));
    }
}
