//! Reads lists of users (RFC 7644 §3.4.2).

use serde_json::Value;

use crate::domain::{RequestKind, UserPage};

use crate::scim::dialect::Dialect;
use crate::scim::response::json_fields::Fields;
use crate::scim::response::known_attributes::KnownAttributes;
use crate::scim::response::user::user;

/// A larger total is ignored: no tenant has more users than this.
const MOST_USERS: u64 = 1_000_000_000_000;

/// Reads a page of users; `None` if the object is not a list.
///
/// `totalResults` may be a number or text. `itemsPerPage` is not read, because Anaplan's value is often
/// wrong. Entries that are not users are left out. A total of 0 beside users, a negative one, and one
/// above [`MOST_USERS`] count as no total.
pub(in crate::scim) fn list(
    dialect: &Dialect,
    known: &KnownAttributes,
    fields: &Fields,
) -> Option<UserPage> {
    let total = fields.get("totalresults").and_then(number);
    let total = total.filter(|total| *total <= MOST_USERS);
    let users = match fields.get("resources") {
        Some(Value::Array(entries)) => entries
            .iter()
            .filter_map(|entry| {
                let fields = Fields::of(entry)?;
                user(dialect, RequestKind::List, known, &fields)
            })
            .collect(),
        // Providers may leave `Resources` out of an empty page.
        None if is_list(fields) => Vec::new(),
        _ => return None,
    };
    Some(UserPage {
        total: total.filter(|total| *total > 0 || users.is_empty()),
        users,
        next_cursor: fields.text("nextcursor").map(str::to_owned),
    })
}

/// Whether an object without entries is a list, by its schema or its members.
fn is_list(fields: &Fields) -> bool {
    let is_list_urn = |schema: &Value| {
        let urn = schema.as_str().unwrap_or_default().to_ascii_lowercase();
        urn.ends_with(":listresponse")
    };
    let by_schema = match fields.get("schemas") {
        Some(Value::Array(schemas)) => schemas.iter().any(is_list_urn),
        Some(schema) => is_list_urn(schema),
        None => false,
    };
    let members = ["totalresults", "startindex", "itemsperpage"];
    by_schema || members.iter().any(|name| fields.get(name).is_some())
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_whatever_surrounds_it() {
        let read = |json: &str| {
            let fields = Fields::parse(json.as_bytes()).unwrap();
            list(
                &Dialect::with_entitlements(),
                &KnownAttributes::default(),
                &fields,
            )
        };
        let page = read(
            r#"{"totalResults":"7","itemsPerPage":50,"startIndex":1,"Resources":[
                {"id":"u1","userName":"a","active":true,"entitlements":[{"value":"w"}]},
                {"id":"g1","meta":{"resourceType":"Group"}}, 7, null, {"userName":"no-id"},
                {"id":"u2","userName":"b","active":"False"}]}"#,
        )
        .unwrap();
        assert_eq!(page.total, Some(7));
        let shown: Vec<_> = page.users.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["active, workspace w", "disabled, workspaces not said"]
        );
        assert_eq!(
            read(r#"{"totalResults":0}"#),
            Some(UserPage {
                total: Some(0),
                ..UserPage::default()
            })
        );
        let list = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}"#;
        for empty in [
            list,
            r#"{"startIndex":101}"#,
            r#"{"itemsPerPage":0,"Resources":null}"#,
        ] {
            assert_eq!(read(empty), Some(UserPage::default()), "{empty}");
        }
        for total in [
            "0",
            "-1",
            "null",
            "\"many\"",
            "1000000000001",
            "18446744073709551615",
            "1e300",
        ] {
            let odd = format!(r#"{{"totalResults":{total},"Resources":[{{"id":7}}]}}"#);
            let page = read(&odd).unwrap();
            assert_eq!((page.total, &*page.users[0].id), (None, "7"), "{odd}");
        }
        let page = read(r#"{"Resources":[],"nextCursor":"c2"}"#).unwrap();
        assert_eq!(page.next_cursor.as_deref(), Some("c2"));
        assert_eq!(read(r#"{"resources":[]}"#), Some(UserPage::default()));
        for no_list in ["{}", r#"{"Resources":{}}"#, r#"{"id":"u1"}"#] {
            assert_eq!(read(no_list), None, "{no_list}");
        }
    }
}
