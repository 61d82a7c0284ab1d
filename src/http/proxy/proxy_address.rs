//! The address of a proxy, and the account to sign in with there.

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::http::base_url::without_secrets;

/// Which proxy requests go through.
#[derive(Debug, Clone, Default)]
pub enum ProxyChoice {
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// No proxy, also if the environment names one.
    Direct,
    /// This proxy, except for the hosts in `NO_PROXY`.
    Named(Proxy),
}

/// A proxy, and the account to sign in with there.
#[derive(Debug, Clone)]
pub struct Proxy {
    url: Url,
    account: Option<(String, SecretString)>,
}

/// The address of a proxy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It does not parse, or is not an HTTP proxy. The text holds no credential.
    #[error("`{0}` is no address of an HTTP proxy")]
    Address(String),
    /// It contains a password.
    #[error("`{0}` holds a password, which lists of processes show")]
    HasPassword(String),
    /// It has a name without a password, or there is a password without a name.
    #[error("the proxy is given {0}")]
    HalfAnAccount(&'static str),
}

impl ProxyError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Address(_) => "write it as `http://proxy.example.com:3128`, or `none`",
            Self::HasPassword(_) | Self::HalfAnAccount(_) => {
                "put the name into the URL, as in `http://name@proxy.example.com:3128`, and the \
                 password into OFFBOARD_PROXY_PASSWORD, or a file for `--proxy-password-file`"
            }
        }
    }
}

impl Proxy {
    /// Reads an address such as `http://name@proxy.example.com:3128`; `https` speaks TLS with the
    /// proxy itself.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub fn new(text: &str, password: Option<SecretString>) -> Result<Self, ProxyError> {
        let shown = || without_secrets(text);
        let bad = || ProxyError::Address(shown());
        let text = text.trim();
        let mut url = Url::parse(text).map_err(|_| bad())?;
        let is_proxy = matches!(url.scheme(), "http" | "https") && text.contains("://");
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if url.password().is_some() {
            return Err(ProxyError::HasPassword(shown()));
        }
        if !is_proxy || !is_bare || url.host_str().is_none() {
            return Err(bad());
        }
        let name = percent_encoding::percent_decode_str(url.username())
            .decode_utf8()
            .map_err(|_| bad())?
            .into_owned();
        url.set_username("").map_err(|()| bad())?;
        let account = match (name.is_empty(), password) {
            (true, None) => None,
            (false, Some(password)) => Some((name, password)),
            (false, None) => return Err(ProxyError::HalfAnAccount("a name without a password")),
            (true, Some(_)) => return Err(ProxyError::HalfAnAccount("a password without a name")),
        };
        Ok(Self { url, account })
    }

    pub(in crate::http) fn url(&self) -> &Url {
        &self.url
    }

    /// Adds the account.
    pub(in crate::http) fn signed_in(&self, proxy: reqwest::Proxy) -> reqwest::Proxy {
        match &self.account {
            Some((name, password)) => proxy.basic_auth(name, password.expose_secret()),
            None => proxy,
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, password: Option<&str>) -> Result<String, String> {
        let password = password.map(SecretString::from);
        let read = Proxy::new(text, password).map_err(|error| error.to_string())?;
        let name = read.account.as_ref().map(|(name, _)| name);
        Ok(format!("{read} {name:?}"))
    }

    #[test]
    fn a_proxy_is_an_address_and_perhaps_an_account() {
        for (text, password, expected) in [
            (
                "http://proxy.example.com:3128",
                None,
                "http://proxy.example.com:3128 None",
            ),
            (
                " https://p.example.com/ ",
                None,
                "https://p.example.com None",
            ),
            ("http://a%40b@p:80", Some("x"), "http://p Some(\"a@b\")"),
        ] {
            assert_eq!(read(text, password).unwrap(), expected);
        }
    }

    #[test]
    fn p10_a_bad_proxy_is_refused_without_printing_its_password() {
        for (text, password) in [
            ("proxy.example.com:3128", None),
            ("socks5://proxy.example.com", None),
            ("http://", None),
            ("http://proxy/path", None),
            ("http://name:planted@proxy", None),
            ("http://name:planted@proxy:x", None),
            ("http://proxy?planted", None),
            ("http://name@proxy", None),
            ("http://proxy", Some("planted")),
            ("", None),
        ] {
            let error = read(text, password).unwrap_err();
            assert!(!error.contains("planted"), "{error}");
        }
        let known = Proxy::new("http://name@proxy", Some("planted".into())).unwrap();
        assert!(!format!("{known:?} {known}").contains("planted"));
    }
}
