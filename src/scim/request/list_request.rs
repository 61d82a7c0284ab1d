//! Requests for lists of users: pages and searches (RFC 7644 §3.4.2).

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use crate::domain::{Filter, PageAt, Request, RequestKind};
use crate::scim::dialect::Dialect;

use super::resource_path::ESCAPED;

/// The request for a page of `count` users that begins at `at`.
pub(in crate::scim) fn page(at: &PageAt, count: u64) -> Request {
    get(format!("/Users?{}&count={count}", start(at)))
}

/// The request for at most `count` users that the filter matches.
pub(in crate::scim) fn search(dialect: &Dialect, filter: &Filter, count: u64) -> Request {
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

/// The request for a page of `count` users that a filter expression matches (RFC 7644 §3.4.2.2).
pub(in crate::scim) fn filtered(expression: &str, at: &PageAt, count: u64) -> Request {
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

/// A value as filters write it: a JSON string (RFC 7644 §3.4.2.2).
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
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
}
