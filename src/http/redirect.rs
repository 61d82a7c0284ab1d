//! Decides whether a redirect is followed. This is a pure rule.
//!
//! A credential is sent only to the origin that it was given for. A write is repeated only if the status
//! says that the server did nothing and wants the same request (307, 308), and only for the same resource.

use reqwest::Url;

use crate::http::base_url::without_secrets;
use crate::http::{Method, Reply, header};

/// What to do after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// It is no redirect.
    No,
    /// The same request is to be sent to this address.
    Follow(Url),
    /// It points to this address, and the request must not go there. The text holds no secret.
    Refused(String),
}

/// Decides what to do after the reply to a request with this method and address.
pub(crate) fn redirect(method: &Method, url: &Url, reply: &Reply) -> Redirect {
    if !(300..400).contains(&reply.status) {
        return Redirect::No;
    }
    let Some(location) = reply.headers.get(header::LOCATION) else {
        return Redirect::No;
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let Ok(mut target) = url.join(&location) else {
        return Redirect::Refused(without_secrets(&location));
    };
    target.set_fragment(None);
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let repeats = match reply.status {
        307 | 308 => is_read || is_same_resource(url, &target),
        301..=303 => is_read,
        _ => false,
    };
    let has_account = !target.username().is_empty() || target.password().is_some();
    if repeats && !has_account && target.origin() == url.origin() {
        Redirect::Follow(target)
    } else {
        Redirect::Refused(without_secrets(target.as_str()))
    }
}

/// Whether two addresses end in the same name: a write to one user must not reach another user.
fn is_same_resource(a: &Url, b: &Url) -> bool {
    let last = |url: &Url| {
        let path = url.path().trim_end_matches('/');
        path.rsplit('/').next().map(str::to_owned)
    };
    last(a) == last(b) && a.query() == b.query()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Body, HeaderMap, HeaderValue};

    const FROM: &str = "https://example.com/scim/Users/u1?a=b";

    fn judge(method: &Method, status: u16, location: &str) -> String {
        let mut headers = HeaderMap::new();
        if !location.is_empty() {
            headers.insert(header::LOCATION, HeaderValue::from_str(location).unwrap());
        }
        let reply = Reply {
            status,
            headers,
            body: Body::Whole(Vec::new()),
            proxy: None,
        };
        match redirect(method, &Url::parse(FROM).unwrap(), &reply) {
            Redirect::No => "no".to_owned(),
            Redirect::Follow(url) => format!("follow {url}"),
            Redirect::Refused(place) => format!("refused {place}"),
        }
    }

    #[test]
    fn reads_are_followed_within_the_origin() {
        for status in [301, 302, 303, 307, 308] {
            for (location, expected) in [
                (
                    "/scim/Users/u1/?a=b",
                    "follow https://example.com/scim/Users/u1/?a=b",
                ),
                (
                    "https://example.com:443/x#y",
                    "follow https://example.com/x",
                ),
                (
                    "https://other.example/x?token=1",
                    "refused https://other.example/x",
                ),
                ("http://example.com/scim", "refused http://example.com/scim"),
                (
                    "https://example.com:8443/x",
                    "refused https://example.com:8443/x",
                ),
                (
                    "https://me:pw@example.com/x",
                    "refused https://[redacted]@example.com/x",
                ),
                ("//other.example", "refused https://other.example/"),
                ("https://[", "refused https://["),
            ] {
                assert_eq!(judge(&Method::GET, status, location), expected, "{status}");
            }
        }
    }

    #[test]
    fn a_write_is_repeated_unchanged_and_only_for_the_same_user() {
        for (status, location, expected) in [
            (
                308,
                "/scim/Users/u1/?a=b",
                "follow https://example.com/scim/Users/u1/?a=b",
            ),
            (
                307,
                "/v2/Users/u1?a=b",
                "follow https://example.com/v2/Users/u1?a=b",
            ),
            (
                307,
                "/scim/Users/u2?a=b",
                "refused https://example.com/scim/Users/u2",
            ),
            (
                301,
                "/scim/Users/u1/?a=b",
                "refused https://example.com/scim/Users/u1/",
            ),
            (
                302,
                "/scim/Users/u1/?a=b",
                "refused https://example.com/scim/Users/u1/",
            ),
            (
                303,
                "/scim/Users/u1/?a=b",
                "refused https://example.com/scim/Users/u1/",
            ),
            (
                307,
                "https://other.example/Users/u1?a=b",
                "refused https://other.example/Users/u1",
            ),
        ] {
            assert_eq!(judge(&Method::PATCH, status, location), expected);
        }
    }

    #[test]
    fn other_answers_are_not_redirects() {
        for (status, location, expected) in [
            (200, "/x", "no"),
            (201, "/x", "no"),
            (308, "", "no"),
            (304, "/x", "refused https://example.com/x"),
            (300, "/x", "refused https://example.com/x"),
        ] {
            assert_eq!(judge(&Method::GET, status, location), expected);
        }
    }
}
