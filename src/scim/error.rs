//! What a body holds: a user, nothing, or somebody's account of a problem (RFC 7644 §3.12).
//!
//! The content type is not looked at: Anaplan contradicts itself about it, and gateways lie.

use serde_json::Value;

use crate::domain::{Content, Problem, RequestKind};
use crate::http::{Body, words};

use super::dialect::Dialect;
use super::fields::Fields;
use super::list::list;
use super::shows::Shows;
use super::user::user;

/// Members in which services and their gateways put an explanation, best first. `statusMessage` is
/// Anaplan's gateway.
const DETAILS: [&str; 6] = [
    "detail",
    "statusmessage",
    "message",
    "error_description",
    "error",
    "title",
];

/// Reads the body of an answer to a request of this kind. `redact` takes secrets out of a text before
/// it is kept.
pub(super) fn content(
    dialect: &Dialect,
    kind: RequestKind,
    shows: &Shows,
    body: &Body,
    redact: impl Fn(&str) -> String,
) -> Content {
    let body = match body {
        Body::Whole(body) => body,
        Body::Broken(why) => return Content::Broken(why.clone()),
    };
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Content::Empty;
    }
    let clean = |text: &str| Some(words(&redact(text))).filter(|text| !text.is_empty());
    let Some(fields) = Fields::parse(body) else {
        return Content::Foreign(clean(&String::from_utf8_lossy(body)).unwrap_or_default());
    };
    if kind == RequestKind::List
        && let Some(page) = list(dialect, shows, &fields)
    {
        return Content::Page(page);
    }
    if !is_message(&fields)
        && let Some(state) = user(dialect, kind, shows, &fields)
    {
        return Content::User(state);
    }
    let told = DETAILS.iter().find_map(|name| match fields.get(name)? {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(with_code(&fields, name, text)),
        other => Some(other.to_string()),
    });
    let told = told.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    Content::Other(Problem {
        scim_type: fields.text("scimtype").and_then(clean),
        detail: clean(&told),
    })
}

/// Anaplan's gateway puts a code such as `FAILURE_BAD_HEADER` beside its message.
fn with_code(fields: &Fields, name: &str, text: &str) -> String {
    match fields.text("status") {
        Some(code) if name == "statusmessage" => format!("{code}: {text}"),
        _ => text.to_owned(),
    }
}

/// Whether an object is an error or another of SCIM's messages, even if it carries an `id`. `status`
/// is text, a number or an object, depending on the service.
fn is_message(fields: &Fields) -> bool {
    let is_message_urn = |schema: &Value| {
        schema
            .as_str()
            .is_some_and(|urn| urn.to_ascii_lowercase().contains(":api:messages:"))
    };
    let by_schema = match fields.get("schemas") {
        Some(Value::Array(schemas)) => schemas.iter().any(is_message_urn),
        Some(schema) => is_message_urn(schema),
        None => false,
    };
    let explains = fields.get("detail").is_some() || fields.get("statusmessage").is_some();
    by_schema || (fields.get("status").is_some() && explains)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::UserState;

    fn read(body: &[u8]) -> Content {
        let body = Body::Whole(body.to_vec());
        let shows = Shows::default();
        shows.note();
        content(
            &Dialect::with_entitlements(),
            RequestKind::Read,
            &shows,
            &body,
            |text| text.replace("s3cret", "[redacted]"),
        )
    }

    #[test]
    fn a_user_is_told_from_everything_else() {
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
            &Shows::default(),
            &Body::Broken("cut".into()),
            str::to_owned,
        );
        assert_eq!(broken, Content::Broken("cut".into()));
    }

    #[test]
    fn every_kind_of_problem_is_put_into_words() {
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
            let expected = Content::Other(Problem {
                scim_type: scim_type.map(str::to_owned),
                detail: Some(detail.to_owned()),
            });
            assert_eq!(read(body.as_bytes()), expected, "{body}");
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
        fn no_bytes_are_too_much(bytes: Vec<u8>) {
            prop_assert!(!matches!(read(&bytes), Content::User(_)));
        }
    }

    #[test]
    fn a_deep_body_is_only_text() {
        let deep = format!(r#"{{"id":"u","x":{}"#, "[".repeat(100_000));
        assert!(matches!(read(deep.as_bytes()), Content::Foreign(_)));
    }
}
