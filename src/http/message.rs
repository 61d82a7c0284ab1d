//! A request to send, and the reply to it.

use reqwest::{Request, Url};

use crate::http::{HeaderMap, Method, one_line};

/// The headers in which gateways and services give a request an id, most common first.
const REQUEST_ID_HEADERS: [&str; 9] = [
    "x-request-id",
    "x-correlation-id",
    "request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-ms-request-id",
    "x-b3-traceid",
    "x-amzn-trace-id",
    "cf-ray",
];

/// The longest request id that is kept, in characters.
const REQUEST_ID_CAP: usize = 128;

/// One request, complete.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The method.
    pub method: Method,
    /// The address, as [`crate::http::BaseUrl::join`] makes it.
    pub url: Url,
    /// The headers; the code that adds a credential to them marks it as sensitive.
    pub headers: HeaderMap,
    /// The body, if any.
    pub body: Option<&'a str>,
}

impl Outgoing<'_> {
    pub(super) fn to_reqwest(&self) -> Request {
        let mut request = Request::new(self.method.clone(), self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        *request.body_mut() = self.body.map(|body| body.to_owned().into());
        request
    }
}

/// The body of a reply.
#[derive(Debug)]
pub enum Body {
    /// It arrived whole; it may be empty.
    Whole(Vec<u8>),
    /// It was cut, stalled, or is damaged; the text says which.
    Broken(String),
    /// It arrived whole, but is compressed in a way that this client cannot unpack; the text says how.
    Packed(String),
    /// It is longer than the size limit.
    TooLong,
}

impl Body {
    /// The bytes of a whole body, or why there are none.
    pub fn whole(&self) -> Result<&[u8], &str> {
        match self {
            Self::Whole(body) => Ok(body),
            Self::Broken(why) | Self::Packed(why) => Err(why),
            Self::TooLong => Err("the body is longer than 8 MiB"),
        }
    }
}

/// A reply: at least its status line and headers have arrived.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status, 100–599 (up to 999 from a server that makes its own).
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The proxy that has passed the reply on, or has sent a reply of its own; `None` if no proxy can have
    /// changed it.
    pub proxy: Option<String>,
}

impl Reply {
    /// The server's id for this request, on one line of at most 128 characters.
    pub fn request_id(&self) -> Option<String> {
        // An answer has few headers: to compare their names costs less than to hash each of these.
        let named = |name: &&str| self.headers.iter().find(|(key, _)| key.as_str() == *name);
        REQUEST_ID_HEADERS
            .iter()
            .filter_map(named)
            .map(|(_, value)| value)
            .map(|value| one_line(&String::from_utf8_lossy(value.as_bytes())))
            .find(|id| !id.is_empty())
            .map(|id| id.chars().take(REQUEST_ID_CAP).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderName, HeaderValue};

    fn id_of(headers: &[(&'static str, &[u8])]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        Reply {
            status: 200,
            headers: map,
            body: Body::Whole(Vec::new()),
            proxy: None,
        }
        .request_id()
    }

    #[test]
    fn the_best_known_request_id_is_taken_and_cleaned() {
        assert_eq!(id_of(&[]), None);
        assert_eq!(
            id_of(&[("cf-ray", b"ray"), ("x-request-id", b"r-1")]),
            Some("r-1".into())
        );
        assert_eq!(
            id_of(&[("x-request-id", b" "), ("request-id", b"r-2")]),
            Some("r-2".into())
        );
        assert_eq!(
            id_of(&[("x-request-id", b"a\t\xffb")]),
            Some("a \u{fffd}b".into())
        );
        let long = id_of(&[("cf-ray", &[b'x'; 5000])]).unwrap();
        assert_eq!(long.len(), REQUEST_ID_CAP);
    }
}
