//! Builds the path of one resource.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All characters but the unreserved ones (RFC 3986 §2.3): with these escaped, any id is one segment of
/// a path, and any text is one value of a query.
pub(super) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The path of the resource with this id below an endpoint such as `/Users`.
///
/// The ids `.` and `..` are not escaped, because no escape helps: URL parsers read `%2E%2E` as `..`.
/// [`crate::http::BaseUrl::join`] refuses such a path, so no request is sent.
pub(in crate::scim) fn resource_path(endpoint: &str, id: &str) -> String {
    format!("{endpoint}/{}", utf8_percent_encode(id, ESCAPED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::{BaseUrl, PlainHttp};

    fn base() -> BaseUrl {
        BaseUrl::parse("https://example.com/scim", PlainHttp::LoopbackOnly).unwrap()
    }

    #[test]
    fn an_id_is_one_segment() {
        for (id, expected) in [
            ("8a8b-00_f.~", "/Users/8a8b-00_f.~"),
            ("ada@example.com", "/Users/ada%40example.com"),
            ("a/b", "/Users/a%2Fb"),
            ("a\\b", "/Users/a%5Cb"),
            ("a+b c", "/Users/a%2Bb%20c"),
            ("50%", "/Users/50%25"),
            ("a?b#c", "/Users/a%3Fb%23c"),
            ("é", "/Users/%C3%A9"),
            ("../Groups", "/Users/..%2FGroups"),
            ("...", "/Users/..."),
        ] {
            assert_eq!(resource_path("/Users", id), expected);
            assert!(base().join(expected).is_ok(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn no_id_leads_elsewhere(id in r"(\PC|[./%\\?#]){1,12}") {
            let Ok(url) = base().join(&resource_path("/Users", &id)) else {
                prop_assert!(id == "." || id == "..", "{id}");
                return Ok(());
            };
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 3);
            let last = percent_encoding::percent_decode_str(segments[2]).decode_utf8().unwrap();
            prop_assert_eq!(last, id);
            prop_assert_eq!((url.query(), url.fragment()), (None, None));
        }
    }
}
