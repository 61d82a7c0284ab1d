//! Lists of users: pages and searches (RFC 7644 §3.4.2), and what they answer.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::domain::{Filter, PageAt, Request, RequestKind, UserPage};

use super::dialect::Dialect;
use super::fields::Fields;
use super::shows::Shows;
use super::user::user;

/// Everything but the unreserved characters (RFC 3986 §2.3): quotes and `+` in names too.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The largest total that is believed: no server can have counted more users than this.
const MOST_USERS: u64 = 1_000_000_000_000;

/// `count` users from here on.
pub(super) fn page(at: &PageAt, count: u64) -> Request {
    get(format!("/Users?{}&count={count}", start(at)))
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
    filtered(&expression, &PageAt::FIRST, count)
}

/// `count` users of those that fit an expression (RFC 7644 §3.4.2.2), from here on.
pub(super) fn filtered(expression: &str, at: &PageAt, count: u64) -> Request {
    let filter = utf8_percent_encode(expression, ESCAPED);
    get(format!(
        "/Users?filter={filter}&{}&count={count}",
        start(at)
    ))
}

fn start(at: &PageAt) -> String {
    match at {
        PageAt::Index(start) => format!("startIndex={start}"),
        PageAt::FirstCursor => "cursor".to_owned(),
        PageAt::Cursor(cursor) => format!("cursor={}", utf8_percent_encode(cursor, ESCAPED)),
    }
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
/// it likes there. Whatever in the list is no user is left out. A total of none with users beside it, of
/// less than none, or beyond all counting, is no total.
pub(super) fn list(dialect: &Dialect, shows: &Shows, fields: &Fields) -> Option<UserPage> {
    let total = fields.get("totalresults").and_then(number);
    let total = total.filter(|total| *total <= MOST_USERS);
    let users = match fields.get("resources") {
        Some(Value::Array(entries)) => entries
            .iter()
            .filter_map(|entry| {
                let fields = Fields::of(entry)?;
                user(dialect, RequestKind::List, shows, &fields)
            })
            .collect(),
        // An empty page may leave the member out.
        None if is_list(fields) => Vec::new(),
        _ => return None,
    };
    Some(UserPage {
        total: total.filter(|total| *total > 0 || users.is_empty()),
        users,
        next_cursor: fields.text("nextcursor").map(str::to_owned),
    })
}

/// Whether an object without entries says that it is a list all the same.
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
    fn lists_are_asked_for_like_this() {
        assert_eq!(
            page(&PageAt::Index(101), 100).to_string(),
            "GET /Users?startIndex=101&count=100"
        );
        assert_eq!(page(&PageAt::FirstCursor, 9).path, "/Users?cursor&count=9");
        assert_eq!(
            page(&PageAt::Cursor("a+b=".to_owned()), 9).path,
            "/Users?cursor=a%2Bb%3D&count=9"
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
            list(&Dialect::with_entitlements(), &Shows::default(), &fields)
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
