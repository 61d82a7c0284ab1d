//! The three open documents in which a SCIM provider describes itself.
//!
//! They contain what the documentation prints, including that PATCH and filters are not supported. That is
//! wrong, and a client must not rely on it. They need no sign-in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::sandbox::route::SCIM_BASE;
use crate::sandbox::scim_api::scim_answer::scim;
use crate::sandbox::scim_api::user_json::USER_SCHEMA;
use crate::sandbox::shared_state::SandboxState;

const DAY_OF_DOCUMENTS: &str = "2021-07-31T00:00:00Z";
const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// `GET /ServiceProviderConfig`.
pub(crate) async fn service_provider_config(State(world): State<Arc<SandboxState>>) -> Response {
    let scheme = |kind: &str, name: &str| {
        json!({
            "type": kind, "name": name, "description": name, "primary": false,
            "specUri": "https://www.rfc-editor.org/info/rfc7617",
            "documentationUri": "https://help.anaplan.com",
        })
    };
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://scimapi.docs.apiary.io",
        "patch": { "supported": false },
        "bulk": { "supported": false, "maxOperations": 1000, "maxPayloadSize": 1_048_576 },
        "filter": { "supported": false, "maxResults": 200 },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [
            scheme("httpbasic", "HTTP Basic"),
            scheme("anaplanbearertoken", "Anaplan Bearer Token"),
        ],
        "meta": meta(&world.root, "ServiceProviderConfig", "ServiceProviderConfig"),
    });
    scim(StatusCode::OK, &body)
}

/// `GET /ResourceTypes`.
pub(crate) async fn resource_types(State(world): State<Arc<SandboxState>>) -> Response {
    one_item_list(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "User Account",
        "schema": USER_SCHEMA,
        "meta": meta(&world.root, "ResourceType", "ResourceTypes/User"),
    }))
}

/// `GET /Schemas`.
pub(crate) async fn schemas(State(world): State<Arc<SandboxState>>) -> Response {
    let name_parts = json!([
        attribute("familyName", "string", true, "readWrite"),
        attribute("givenName", "string", true, "readWrite"),
        attribute("formatted", "string", false, "readOnly"),
    ]);
    let item_parts = json!([
        attribute("value", "string", false, "readWrite"),
        attribute("display", "string", false, "readWrite"),
        attribute("type", "string", false, "readOnly"),
        attribute("primary", "boolean", false, "readOnly"),
    ]);
    let mut name = attribute("name", "complex", true, "readWrite");
    name["subAttributes"] = name_parts;
    let several = |attribute_name: &str| {
        let mut several = attribute(attribute_name, "complex", false, "readWrite");
        several["multiValued"] = json!(true);
        several["subAttributes"] = item_parts.clone();
        several
    };
    one_item_list(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": USER_SCHEMA,
        "name": "User",
        "description": "User Account",
        "attributes": [
            attribute("id", "string", true, "readOnly"),
            attribute("externalId", "string", false, "readWrite"),
            attribute("userName", "string", true, "readOnly"),
            name,
            attribute("displayName", "string", false, "readOnly"),
            attribute("active", "boolean", false, "readWrite"),
            several("entitlements"),
            several("emails"),
        ],
        "meta": meta(&world.root, "Schema", &format!("Schemas/{USER_SCHEMA}")),
    }))
}

fn attribute(name: &str, kind: &str, required: bool, mutability: &str) -> Value {
    let uniqueness = if matches!(name, "id" | "userName") {
        "server"
    } else {
        "none"
    };
    let returned = if name == "id" { "always" } else { "default" };
    json!({
        "name": name, "type": kind, "multiValued": false, "required": required,
        "caseExact": false, "mutability": mutability, "returned": returned,
        "uniqueness": uniqueness,
    })
}

/// The live service says 10 items per page here, whatever the number returned.
fn one_item_list(item: &Value) -> Response {
    let body = json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": 1,
        "startIndex": 1,
        "itemsPerPage": 10,
        "Resources": [item],
    });
    scim(StatusCode::OK, &body)
}

fn meta(root: &str, kind: &str, path: &str) -> Value {
    json!({
        "location": format!("{root}{SCIM_BASE}/{path}"),
        "resourceType": kind,
        "created": DAY_OF_DOCUMENTS,
        "lastModified": DAY_OF_DOCUMENTS,
    })
}
