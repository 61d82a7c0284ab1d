//! Reads a body: a user, a page of users, nothing, or a server's explanation of a problem (RFC 7644 §3.12).
//!
//! The content type is ignored: Anaplan's documentation contradicts itself about it, and gateways send
//! wrong ones.

use crate::domain::{Content, Problem, RequestKind};
use crate::http::{Body, body_text, readable_text};

use crate::scim::dialect::Dialect;
use crate::scim::response::json_fields::Fields;
use crate::scim::response::json_value::JsonValue;
use crate::scim::response::known_attributes::KnownAttributes;
use crate::scim::response::user::{attributes, user};
use crate::scim::response::user_list::{ListBody, OF_LIST};

/// Members in which services and their gateways put an explanation, best first. `statusMessage` comes
/// from Anaplan's gateway.
const DETAILS: [&str; 6] = [
    "detail",
    "statusmessage",
    "message",
    "error_description",
    "error",
    "title",
];

/// Further members by which a body says that the request was refused or failed.
const OF_REFUSAL: [&str; 6] = ["status", "scimtype", "success", "succeeded", "ok", "errors"];

/// Reads the body of an answer to a request of this kind. `redact` removes secrets from each text that
/// is kept.
pub(in crate::scim) fn content(
    dialect: &Dialect,
    kind: RequestKind,
    known: &KnownAttributes,
    body: &Body,
    redact: impl Fn(&str) -> String,
) -> Content {
    let body = match body {
        Body::Whole(body) => body,
        Body::Broken(why) => return Content::Broken(why.clone()),
        Body::TooLong => return Content::TooLong,
        Body::Packed(why) => return Content::Foreign(why.clone()),
    };
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Content::Empty;
    }
    let clean = |text: &str| Some(readable_text(&redact(text))).filter(|text| !text.is_empty());
    let foreign = || Content::Foreign(clean(&body_text(body)).unwrap_or_default());
    let names = OF_LIST.into_iter().chain(attributes(dialect));
    let names: Vec<_> = names.chain(DETAILS).chain(OF_REFUSAL).collect();
    let fields = if kind == RequestKind::List {
        let Some(mut list) = ListBody::parse(dialect, known, body, &names) else {
            return foreign();
        };
        if let Some(page) = list.page() {
            return Content::Page(page);
        }
        list.fields
    } else {
        let Some(fields) = Fields::parse(body, &names) else {
            return foreign();
        };
        fields
    };
    if !is_message(&fields)
        && let Some(state) = user(dialect, kind, known, &fields)
    {
        return Content::User(state);
    }
    let explanation = DETAILS.iter().find_map(|name| match fields.get(name)? {
        JsonValue::Text(text) if text.trim().is_empty() => None,
        JsonValue::Text(text) => Some(with_code(&fields, name, text)),
        other => Some(other.to_string()),
    });
    let explanation = explanation.unwrap_or_else(|| body_text(body).into_owned());
    Content::Other(Problem {
        scim_type: fields.text("scimtype").and_then(clean),
        detail: clean(&explanation),
        is_refusal: is_refusal(&fields),
    })
}

/// Whether a body says that the request was refused or failed: a SCIM error, a status of 400 or more, or
/// a member such as `errors` or `success` that other services use. Some services send such a body with an
/// HTTP status of success.
fn is_refusal(fields: &Fields) -> bool {
    let is_code = |status: &JsonValue| match status {
        JsonValue::Number(code) => code.as_f64().is_some_and(|code| code >= 400.0),
        JsonValue::Text(text) => {
            let text = text.trim().to_ascii_lowercase();
            let code = text.parse::<f64>().is_ok_and(|code| code >= 400.0);
            code || text.starts_with("fail") || text.starts_with("error")
        }
        _ => false,
    };
    let status = fields.get("status").is_some_and(|status| match status {
        JsonValue::Object(object) => object.get("code").is_some_and(is_code),
        status => is_code(status),
    });
    let is_no = |name: &str| match fields.get(name) {
        Some(JsonValue::Bool(yes)) => !yes,
        Some(JsonValue::Text(text)) => text.trim().eq_ignore_ascii_case("false"),
        _ => false,
    };
    let names_errors = |name: &str| match fields.get(name) {
        Some(JsonValue::Bool(yes)) => *yes,
        Some(JsonValue::Text(text)) => !text.trim().is_empty(),
        Some(JsonValue::List(errors)) => !errors.is_empty(),
        Some(JsonValue::Object(error)) => error.values().next().is_some(),
        _ => false,
    };
    status
        || has_urn(fields, |urn| urn.ends_with(":error"))
        || fields.text("scimtype").is_some()
        || ["success", "succeeded", "ok"].into_iter().any(is_no)
        || ["error", "errors"].into_iter().any(names_errors)
}

/// The explanation with its code: Anaplan's gateway sends one such as `FAILURE_BAD_HEADER` beside it.
fn with_code(fields: &Fields, name: &str, text: &str) -> String {
    match fields.text("status") {
        Some(code) if name == "statusmessage" => format!("{code}: {text}"),
        _ => text.to_owned(),
    }
}

/// Whether an object is an error or another SCIM message, even if it has an `id`. `status` is text, a
/// number or an object, depending on the service.
fn is_message(fields: &Fields) -> bool {
    let by_schema = has_urn(fields, |urn| urn.contains(":api:messages:"));
    let explains = fields.get("detail").is_some() || fields.get("statusmessage").is_some();
    by_schema || (fields.get("status").is_some() && explains)
}

/// Whether `is_such` holds for one of the URNs in `schemas`, which it gets in lower case.
fn has_urn(fields: &Fields, is_such: impl Fn(&str) -> bool) -> bool {
    let fits = |schema: &JsonValue| {
        let urn = schema.as_text();
        urn.is_some_and(|urn| is_such(&urn.to_ascii_lowercase()))
    };
    match fields.get("schemas") {
        Some(JsonValue::List(schemas)) => schemas.iter().any(fits),
        Some(schema) => fits(schema),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::domain::UserState;

    fn read(body: &[u8]) -> Content {
        let body = Body::Whole(body.to_vec());
        let known = KnownAttributes::default();
        known.note_access();
        content(
            &Dialect::with_entitlements(),
            RequestKind::Read,
            &known,
            &body,
            |text| text.replace("s3cret", "[redacted]"),
        )
    }

    #[test]
    fn only_a_user_is_read_as_a_user() {
        for body in [
            r#"{"id":"u"}"#,
            "\u{feff} {\"id\":\"u\"}\n",
            r#"{"id":"u","schemas":[]}"#,
            r#"{"id":"u","schemas":"urn:scim:schemas:core:1.0"}"#,
            r#"{"id":"u","status":"active"}"#,
        ] {
            assert_eq!(
                read(body.as_bytes()),
                Content::User(UserState {
                    addresses: Some(Vec::new()),
                    workspaces: Some(Vec::new()),
                    ..UserState::of("u")
                }),
                "{body}"
            );
        }
        for body in ["", " \r\n", "\u{feff}"] {
            assert_eq!(read(body.as_bytes()), Content::Empty, "{body:?}");
        }
        let broken = content(
            &Dialect::default(),
            RequestKind::Read,
            &KnownAttributes::default(),
            &Body::Broken("cut".into()),
            str::to_owned,
        );
        assert_eq!(broken, Content::Broken("cut".into()));
    }

    #[test]
    fn every_kind_of_problem_gives_its_explanation() {
        const ERROR: &str = r#""schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]"#;
        for (body, scim_type, detail) in [
            (
                format!(r#"{{{ERROR},"status":"404","detail":"Resource u not found"}}"#),
                None,
                "Resource u not found",
            ),
            (
                format!(r#"{{{ERROR},"status":400,"scimType":"noTarget","detail":"none\nthere"}}"#),
                Some("noTarget"),
                "none there",
            ),
            (
                format!(r#"{{"id":"u",{ERROR},"status":{{"code":"400"}},"detail":"x"}}"#),
                None,
                "x",
            ),
            (
                r#"{"id":"u","status":404,"detail":"gone"}"#.into(),
                None,
                "gone",
            ),
            (
                r#"{"id":"u","status":"FAILURE_X","statusMessage":"no s3cret"}"#.into(),
                None,
                "FAILURE_X: no [redacted]",
            ),
            (
                r#"{"status":"FAILURE_X"}"#.into(),
                None,
                r#"{"status":"FAILURE_X"}"#,
            ),
            (r#"{"message":"Too many"}"#.into(), None, "Too many"),
            (r#"{"detail":{"a":1}}"#.into(), None, r#"{"a":1}"#),
            (
                r#"{"totalResults":1,"Resources":[{"id":"u"}]}"#.into(),
                None,
                r#"{"totalResults":1,"Resources":[{"id":"u"}]}"#,
            ),
        ] {
            let Content::Other(problem) = read(body.as_bytes()) else {
                panic!("{body}");
            };
            assert_eq!(problem.scim_type.as_deref(), scim_type, "{body}");
            assert_eq!(problem.detail.as_deref(), Some(detail), "{body}");
        }
        for (body, text) in [
            (r#"[{"id":"u"}]"#, r#"[{"id":"u"}]"#),
            (r#"{"id":"u""#, r#"{"id":"u""#),
            ("Too many\trequests", "Too many requests"),
            ("<html><title>502 s3cret</title>", "502 [redacted]"),
        ] {
            let expected = Content::Foreign(text.to_owned());
            assert_eq!(read(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn a_refusal_is_recognised_by_its_members() {
        for (body, expected) in [
            (
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"x"}"#,
                true,
            ),
            (r#"{"status":"400","detail":"x"}"#, true),
            (r#"{"status":{"code":"409"},"detail":"x"}"#, true),
            (r#"{"status":"FAILURE_X","statusMessage":"x"}"#, true),
            (r#"{"success":false}"#, true),
            (r#"{"Errors":[{"message":"x"}]}"#, true),
            (r#"{"error":{"code":1}}"#, true),
            (r#"{"status":"200","detail":"x"}"#, false),
            (r#"{"status":"SUCCESS","message":"done"}"#, false),
            (r#"{"success":true,"errors":[],"error":null}"#, false),
            (r#"{"message":"accepted"}"#, false),
        ] {
            match read(body.as_bytes()) {
                Content::Other(problem) => assert_eq!(problem.is_refusal, expected, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn binary_bodies_are_not_shown_as_text() {
        for (body, expected) in [
            (&b"caf\xe9 ferm\xe9"[..], "caf\u{e9} ferm\u{e9}"),
            (b"\x1f\x8b\x08\x00\x00\x00\xff", "7 bytes that are no text"),
            (b"PK\x03\x04\x00\x00", "6 bytes that are no text"),
        ] {
            assert_eq!(read(body), Content::Foreign(expected.to_owned()));
        }
    }

    #[test]
    fn a_secret_is_found_before_the_text_is_cut() {
        let text = format!("{}s3cret", "x".repeat(497));
        match read(text.as_bytes()) {
            Content::Foreign(text) => assert!(!text.contains("s3c")),
            other => panic!("{other:?}"),
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let name = prop::sample::select(vec![
            "id",
            "Id",
            "active",
            "entitlements",
            "type",
            "value",
            "schemas",
            "status",
            "detail",
            "statusMessage",
            "meta",
            "resourceType",
            "userName",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            Just(Value::from("WORKSPACE_IDS")),
        ];
        leaf.prop_recursive(4, 64, 6, move |inner| {
            let object = prop::collection::vec((name.clone(), inner.clone()), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Value::from),
                object.prop_map(|members| {
                    members
                        .into_iter()
                        .map(|(k, v)| (k.to_owned(), v))
                        .collect::<Value>()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn p2_no_json_makes_a_user_without_an_id(value in json()) {
            let text = value.to_string();
            if let Content::User(state) = read(text.as_bytes()) {
                let object = value.as_object().unwrap();
                let named = object.iter().any(|(name, value)| {
                    let is_same = match value.as_str() {
                        Some(text) => text == state.id,
                        None => *value.to_string() == *state.id,
                    };
                    name.eq_ignore_ascii_case("id") && is_same
                });
                prop_assert!(named && !state.id.is_empty(), "{text}");
            }
        }

        #[test]
        fn the_case_of_names_and_attributes_that_are_not_read_make_no_difference(value in json()) {
            let Some(object) = value.as_object() else {
                return Ok(());
            };
            let mut members = Vec::new();
            for (name, member) in object {
                members.push(format!(r#""x\u00e9{name}":{value}"#));
                members.push(format!(r#""{}":{member}"#, name.to_uppercase()));
            }
            let other = format!("{{{}}}", members.join(", "));
            let (read, other) = (read(value.to_string().as_bytes()), read(other.as_bytes()));
            match (read, other) {
                (Content::User(read), Content::User(other)) => prop_assert_eq!(read, other),
                (Content::Other(_), Content::Other(_)) => {}
                (read, other) => prop_assert!(false, "{:?} {:?}", read, other),
            }
        }

        #[test]
        fn an_entry_of_a_list_is_read_as_the_same_object_alone(values in prop::collection::vec(json(), 0..4)) {
            let (dialect, known) = (Dialect::with_entitlements(), KnownAttributes::default());
            let names = attributes(&dialect);
            let alone = values.iter().filter_map(|value| {
                let text = value.to_string();
                let fields = Fields::parse(text.as_bytes(), &names)?;
                user(&dialect, RequestKind::List, &known, &fields)
            });
            let alone: Vec<_> = alone.collect();
            let list = format!(r#"{{"resources":7,"Resources":{}}}"#, Value::from(values));
            let noted = KnownAttributes::default();
            let mut list = ListBody::parse(&dialect, &noted, list.as_bytes(), &OF_LIST).unwrap();
            prop_assert_eq!(list.page().unwrap().users, alone);
            prop_assert_eq!(noted.has_access(), known.has_access());
            prop_assert_eq!(noted.has_addresses(), known.has_addresses());
        }

        #[test]
        fn random_bytes_are_never_a_user(bytes: Vec<u8>) {
            prop_assert!(!matches!(read(&bytes), Content::User(_)));
        }
    }

    #[test]
    fn p2_a_list_that_is_cut_proves_nothing_about_the_provider() {
        let entry = r#"{"id":"u","entitlements":[{"value":"w"}],"emails":["a@x.com"]}"#;
        for (body, is_noted) in [
            (format!(r#"{{"Resources":[{entry}]}}"#), true),
            (format!(r#"{{"Resources":[{entry}"#), false),
        ] {
            let known = KnownAttributes::default();
            let dialect = Dialect::with_entitlements();
            let body = Body::Whole(body.into_bytes());
            content(&dialect, RequestKind::List, &known, &body, str::to_owned);
            assert_eq!(known.has_access(), is_noted, "{body:?}");
            assert_eq!(known.has_addresses(), is_noted, "{body:?}");
        }
    }

    #[test]
    fn a_deeply_nested_body_is_kept_as_text() {
        let deep = format!(r#"{{"id":"u","x":{}"#, "[".repeat(100_000));
        assert!(matches!(read(deep.as_bytes()), Content::Foreign(_)));
    }
}
