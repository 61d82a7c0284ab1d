//! Addresses that requests may go to, and the rules that keep a credential from reaching another server.

use std::fmt;

use reqwest::Url;
use url::Host;

/// Where plain `http` is allowed. Each machine on the way can read a credential that is sent unencrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Only to this machine.
    #[default]
    LoopbackOnly,
    /// Anywhere, because the user asked for it by `--allow-http`.
    Anywhere,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlErrorKind {
    /// It does not parse.
    NotAUrl,
    /// It does not begin with `https://`.
    NoScheme,
    /// It has a scheme other than `https` and `http`.
    OtherScheme,
    /// It is plain `http` to another machine.
    InsecureHttp,
    /// It has a name or password before the host.
    HasCredentials,
    /// It has a `?` part.
    HasQuery,
    /// It has a `#` part.
    HasFragment,
    /// The URL standard reads the path as another one, as it does with `..`.
    StrayPath,
}

/// An address that cannot be used. Its text names the address without any credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlError {
    /// What is wrong.
    pub kind: UrlErrorKind,
    shown: String,
}

impl UrlError {
    fn new(kind: UrlErrorKind, text: &str) -> Self {
        Self {
            kind,
            shown: without_secrets(text),
        }
    }
}

impl std::error::Error for UrlError {}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.shown;
        match self.kind {
            UrlErrorKind::NotAUrl => write!(f, "`{shown}` is no URL"),
            UrlErrorKind::NoScheme => {
                write!(f, "`{shown}` has no scheme: write `https://{shown}`")
            }
            UrlErrorKind::OtherScheme => write!(f, "`{shown}` is not an `https` URL"),
            UrlErrorKind::InsecureHttp => write!(
                f,
                "`{shown}` would send credentials unencrypted: use `https`, or allow it with \
                 `--allow-http`"
            ),
            UrlErrorKind::HasCredentials => write!(
                f,
                "`{shown}` holds a name or password: give credentials apart from the URL"
            ),
            UrlErrorKind::HasQuery => write!(f, "`{shown}` has a `?` part"),
            UrlErrorKind::HasFragment => write!(f, "`{shown}` has a `#` part"),
            UrlErrorKind::StrayPath => write!(f, "the path `{shown}` would lead elsewhere"),
        }
    }
}

/// The part of an address that all requests to one service share, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    /// The same, parsed. An address below it is made from this, so that the host is not parsed again.
    url: Url,
}

impl BaseUrl {
    /// Checks an address: absolute, `https` (or `http` where `plain` lets it), with a host, and
    /// without credentials, query and fragment.
    ///
    /// # Errors
    /// [`UrlError`], of the first kind that applies.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, UrlError> {
        let url = endpoint(text, plain)?;
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { text, url })
    }

    /// The address of `path` below this one. `path` begins with `/` and is percent-encoded.
    ///
    /// # Errors
    /// [`UrlErrorKind::StrayPath`] if the URL standard reads the path as another one: it resolves
    /// `..`, and `%2e%2e` too, so such a name cannot be addressed at all.
    pub fn join(&self, path: &str) -> Result<Url, UrlError> {
        let (below, query) = match path.split_once('?') {
            Some((below, query)) => (below, Some(query)),
            None => (path, None),
        };
        let base = self.url.path().trim_end_matches('/');
        let mut url = self.url.clone();
        url.set_path(&format!("{base}{below}"));
        url.set_query(query);
        match url.as_str().strip_prefix(&self.text) {
            Some(read) if path.starts_with('/') && read == path => Ok(url),
            _ => Err(UrlError::new(UrlErrorKind::StrayPath, path)),
        }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Checks the address of a single call, by the rules of [`BaseUrl::parse`]. A slash at its end is kept,
/// because some services need it.
///
/// # Errors
/// [`UrlError`], of the first kind that applies.
pub(crate) fn endpoint(text: &str, plain: PlainHttp) -> Result<Url, UrlError> {
    let text = text.trim();
    let error = |kind| UrlError::new(kind, text);
    // The URL standard removes tabs and line ends without an error; here they are a mistake.
    if text.is_empty() || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(error(UrlErrorKind::NotAUrl));
    }
    // `host:443/path` parses as scheme `host`, and `https:host` as `https://host`.
    if !text.contains("://") {
        return Err(error(UrlErrorKind::NoScheme));
    }
    let url = Url::parse(text).map_err(|_| error(UrlErrorKind::NotAUrl))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error(UrlErrorKind::HasCredentials));
    }
    match url.scheme() {
        "https" => {}
        "http" if plain == PlainHttp::Anywhere || is_loopback(&url) => {}
        "http" => return Err(error(UrlErrorKind::InsecureHttp)),
        _ => return Err(error(UrlErrorKind::OtherScheme)),
    }
    if url.query().is_some() {
        return Err(error(UrlErrorKind::HasQuery));
    }
    if url.fragment().is_some() {
        return Err(error(UrlErrorKind::HasFragment));
    }
    Ok(url)
}

/// Whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// `text` without the part before the last `@` and without query and fragment, because people put
/// passwords and keys there. It also works for text that does not parse as a URL.
pub(crate) fn without_secrets(text: &str) -> String {
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    let (hidden, rest) = match rest.rfind('@') {
        Some(at) => ("[redacted]", &rest[at..]),
        None => ("", rest),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    crate::http::one_line(&format!("{scheme}{hidden}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_keeps_its_last_slash() {
        let url = endpoint("https://id.example.com/o/token/", PlainHttp::LoopbackOnly).unwrap();
        assert_eq!(url.as_str(), "https://id.example.com/o/token/");
        assert!(endpoint("http://id.example.com/token", PlainHttp::LoopbackOnly).is_err());
    }

    fn parse(text: &str) -> Result<String, UrlErrorKind> {
        BaseUrl::parse(text, PlainHttp::LoopbackOnly)
            .map(|base| base.to_string())
            .map_err(|error| error.kind)
    }

    #[test]
    fn good_addresses_lose_their_last_slash() {
        for (text, expected) in [
            (
                " https://api.anaplan.com/scim/1/0/v2/ ",
                "https://api.anaplan.com/scim/1/0/v2",
            ),
            ("HTTPS://API.example.com:443", "https://api.example.com"),
            ("https://example.com:8443/a//", "https://example.com:8443/a"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9/x", "http://127.9.9.9/x"),
            ("http://[::1]:80/", "http://[::1]"),
            ("http://LocalHost:9/", "http://localhost:9"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_addresses_have_one_kind_each() {
        use UrlErrorKind::{
            HasCredentials, HasFragment, HasQuery, InsecureHttp, NoScheme, NotAUrl, OtherScheme,
        };
        for (text, expected) in [
            ("", NotAUrl),
            ("https://", NotAUrl),
            ("https://exa mple.com", NotAUrl),
            ("https://exa\tmple.com", NotAUrl),
            ("https://example.com:99999", NotAUrl),
            ("api.anaplan.com/scim", NoScheme),
            ("localhost:8080", NoScheme),
            ("https:example.com", NoScheme),
            ("ftp://example.com", OtherScheme),
            ("file:///etc/passwd", OtherScheme),
            ("http://example.com", InsecureHttp),
            ("http://localhost.example.com", InsecureHttp),
            ("http://10.0.0.1", InsecureHttp),
            ("http://0.0.0.0", InsecureHttp),
            ("https://me@example.com", HasCredentials),
            ("https://:pw@example.com", HasCredentials),
            ("https://example.com?a=b", HasQuery),
            ("https://example.com/x#y", HasFragment),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
        assert!(BaseUrl::parse("http://example.com", PlainHttp::Anywhere).is_ok());
    }

    #[test]
    fn an_error_names_the_address_and_no_secret() {
        for text in [
            "https://ada:hunter2@example.com",
            "ada:hunter2@example.com",
            "https://ada:hun/hunter2@example.com:x",
            "https://example.com/?key=hunter2",
            "https://example.com/#hunter2",
            "http://ada:hunter2@example.com/",
        ] {
            let error = BaseUrl::parse(text, PlainHttp::LoopbackOnly).unwrap_err();
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("hunter2"), "{shown}");
                assert!(shown.contains("example.com"), "{shown}");
            }
        }
        let error = BaseUrl::parse("api.anaplan.com", PlainHttp::LoopbackOnly).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`api.anaplan.com` has no scheme: write `https://api.anaplan.com`"
        );
        let error = BaseUrl::parse("http://example.com", PlainHttp::LoopbackOnly).unwrap_err();
        assert!(error.to_string().contains("`--allow-http`"));
    }

    #[test]
    fn a_path_is_refused_if_the_url_standard_reads_another_one() {
        let base = BaseUrl::parse("https://example.com/scim/", PlainHttp::LoopbackOnly).unwrap();
        let join = |path: &str| base.join(path).map(|url| url.to_string());
        assert_eq!(
            join("/Users/a%2Fb%25").unwrap(),
            "https://example.com/scim/Users/a%2Fb%25"
        );
        let searched = "/Users?filter=a%20eq%20%22b%22&startIndex=1&a=?/..";
        assert_eq!(
            join(searched).unwrap(),
            format!("https://example.com/scim{searched}")
        );
        assert_eq!(join("/Users?").unwrap(), "https://example.com/scim/Users?");
        let origin = BaseUrl::parse("https://example.com", PlainHttp::LoopbackOnly).unwrap();
        let url = origin.join("/Users").unwrap();
        assert_eq!(url.as_str(), "https://example.com/Users");
        for path in [
            "/Users/..",
            "/Users/%2e%2E",
            "/Users/.",
            "/Users/a b",
            "/Users/\\x",
            "/Users?a=b c",
            "/Users#x",
            "/Users/x?a#b",
            "Users",
            ".evil.example",
            "",
        ] {
            let error = join(path).unwrap_err();
            assert_eq!(error.kind, UrlErrorKind::StrayPath, "{path}");
        }
    }
}
