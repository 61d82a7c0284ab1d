//! Lists of users: pages and searches (RFC 7644 §3.4.2), and what they answer.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::domain::{Filter, Request, RequestKind, UserPage};

use super::dialect::Dialect;
use super::fields::Fields;
use super::user::user;

/// Everything but the unreserved characters (RFC 3986 §2.3): quotes and `+` in names too.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `count` users from number `start` on, counted from 1.
pub(super) fn page(start: u64, count: u64) -> Request {
    get(format!("/Users?startIndex={start}&count={count}"))
}

/// At most `count` users that fit.
pub(super) fn search(dialect: &Dialect, filter: &Filter, count: u64) -> Request {
    let attribute = dialect.find.user_name.as_str();
    let expression = match filter {
        Filter::Active => "active eq true".to_owned(),
        Filter::UserNames(names) => {
            let each = names
                .iter()
                .map(|name| format!("{attribute} eq {}", quoted(name)));
            each.collect::<Vec<_>>().join(" or ")
        }
    };
    filtered(&expression, 1, count)
}

/// `count` users of those that fit an expression (RFC 7644 §3.4.2.2), from number `start` on.
pub(super) fn filtered(expression: &str, start: u64, count: u64) -> Request {
    let filter = utf8_percent_encode(expression, ESCAPED);
    get(format!(
        "/Users?filter={filter}&startIndex={start}&count={count}"
    ))
}

fn get(path: String) -> Request {
    Request::bare(RequestKind::List, "GET", path)
}

/// A value as filters spell it: a JSON string (RFC 7644 §3.4.2.2).
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Reads a page; `None` if the object is no list.
///
/// `totalResults` is a number or its text; `itemsPerPage` is not looked at, since Anaplan prints what
/// it likes there. Whatever in the list is no user is left out.
pub(super) fn list(dialect: &Dialect, fields: &Fields) -> Option<UserPage> {
    let total = fields.get("totalresults").and_then(number);
    let users = match fields.get("resources") {
        Some(Value::Array(entries)) => entries
            .iter()
            .filter_map(|entry| {
                // An entry shows a whole user, as a read does.
                let fields = Fields::of(entry)?;
                user(dialect, RequestKind::Read, &fields)
            })
            .collect(),
        // An empty page may leave the member out.
        None if total.is_some() => Vec::new(),
        _ => return None,
    };
    Some(UserPage { total, users })
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
    fn lists_are_asked_for_like_this() {
        assert_eq!(
            page(101, 100).to_string(),
            "GET /Users?startIndex=101&count=100"
        );
        assert_eq!(
            search(&Dialect::default(), &Filter::Active, 1).path,
            "/Users?filter=active%20eq%20true&startIndex=1&count=1"
        );
        let names = ["a+b@example.com", "o\"q\\x@example.com"].map(str::to_owned);
        assert_eq!(
            search(&Dialect::default(), &Filter::UserNames(names.to_vec()), 100).path,
            "/Users?filter=userName%20eq%20%22a%2Bb%40example.com%22%20or%20userName%20eq%20\
             %22o%5C%22q%5C%5Cx%40example.com%22&startIndex=1&count=100"
        );
    }

    #[test]
    fn a_page_is_read_whatever_surrounds_it() {
        let read = |json: &str| {
            let fields = Fields::parse(json.as_bytes()).unwrap();
            list(&Dialect::with_entitlements(), &fields)
        };
        let page = read(
            r#"{"totalResults":"7","itemsPerPage":50,"startIndex":1,"Resources":[
                {"id":"u1","userName":"a","active":true,"entitlements":[{"value":"w"}]},
                {"id":"g1","meta":{"resourceType":"Group"}}, 7, null, {"userName":"nobody"},
                {"id":"u2","userName":"b","active":"False"}]}"#,
        )
        .unwrap();
        assert_eq!(page.total, Some(7));
        let shown: Vec<_> = page.users.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["active, workspace w", "disabled, no workspaces"]);
        assert_eq!(
            read(r#"{"totalResults":0}"#),
            Some(UserPage {
                total: Some(0),
                users: Vec::new(),
            })
        );
        assert_eq!(read(r#"{"resources":[]}"#), Some(UserPage::default()));
        for no_list in ["{}", r#"{"Resources":{}}"#, r#"{"id":"u1"}"#] {
            assert_eq!(read(no_list), None, "{no_list}");
        }
    }
}
