//! Decides which proxy a request goes through: the one that the environment or a setting names, or none.
//!
//! The environment is read here and not by reqwest. reqwest ignores a proxy that it cannot use, and the
//! request would then be sent without the proxy that the user asked for.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, NoProxy, Url};

use crate::http::base_url::without_secrets;
use crate::http::{Proxy, ProxyChoice};

/// The variables that name a proxy for all schemes.
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// A placeholder, for when only the list of exceptions is needed.
const SOME_PROXY: &str = "http://proxy.invalid";

/// The proxy for each scheme, and the hosts that are reached without it.
#[derive(Debug, Default)]
pub(in crate::http) struct ProxyRoute {
    http: Option<ProxyHop>,
    https: Option<ProxyHop>,
    exceptions: Exceptions,
}

/// The proxy that a request goes through.
#[derive(Debug)]
pub(in crate::http) enum ProxyHop {
    /// A proxy that the environment names; its address may contain an account.
    Variable(Url),
    /// A proxy that a setting names.
    Named(Proxy),
    /// A variable that does not name a usable proxy; the text says why.
    Unusable(String),
}

/// The hosts that are reached without a proxy.
#[derive(Default)]
struct Exceptions {
    text: String,
    /// `None` means all hosts.
    hosts: Option<Matcher>,
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ProxyRoute {
    /// The route for this choice, with the variables of the environment.
    pub(in crate::http) fn of(choice: &ProxyChoice) -> Self {
        Self::with(choice, |name| {
            let value = std::env::var_os(name)?;
            Some(value.to_string_lossy().trim().to_owned())
        })
    }

    fn with(choice: &ProxyChoice, variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            let set = names.into_iter().filter_map(|name| {
                let value = variable(name).filter(|value| !value.is_empty())?;
                Some((name, value))
            });
            set.into_iter().next()
        };
        let exceptions = Exceptions::new(
            first(["NO_PROXY", "no_proxy"]).map_or_else(String::new, |(_, value)| value),
        );
        let hop = |names, other| {
            let (name, value) = first(names).or_else(|| first(other))?;
            Some(ProxyHop::read(name, &value))
        };
        match choice {
            ProxyChoice::Direct => Self::default(),
            ProxyChoice::Named(proxy) => Self {
                http: Some(ProxyHop::Named(proxy.clone())),
                https: Some(ProxyHop::Named(proxy.clone())),
                exceptions,
            },
            ProxyChoice::Environment => Self {
                http: hop(["HTTP_PROXY", "http_proxy"], ALL),
                https: hop(["HTTPS_PROXY", "https_proxy"], ALL),
                exceptions,
            },
        }
    }

    /// The proxy for a request to this address; `None` if it is sent directly.
    pub(in crate::http) fn hop(&self, url: &Url) -> Option<&ProxyHop> {
        let hop = match url.scheme() {
            "http" => self.http.as_ref(),
            _ => self.https.as_ref(),
        };
        hop.filter(|_| !self.exceptions.contain(url))
    }

    /// Sets the proxies of a client.
    pub(in crate::http) fn apply(&self, builder: ClientBuilder) -> reqwest::Result<ClientBuilder> {
        let mut builder = builder.no_proxy();
        if self.exceptions.hosts.is_none() {
            return Ok(builder);
        }
        let exceptions = || NoProxy::from_string(&self.exceptions.text);
        for (hop, is_plain) in [(&self.http, true), (&self.https, false)] {
            let scheme = |url: &Url| {
                if is_plain {
                    reqwest::Proxy::http(url.clone())
                } else {
                    reqwest::Proxy::https(url.clone())
                }
            };
            let proxy = match hop {
                Some(ProxyHop::Variable(url)) => scheme(url)?,
                Some(ProxyHop::Named(proxy)) => proxy.signed_in(scheme(proxy.url())?),
                // A request for which this would be the proxy is not sent at all.
                Some(ProxyHop::Unusable(_)) | None => continue,
            };
            builder = builder.proxy(proxy.no_proxy(exceptions()));
        }
        Ok(builder)
    }
}

impl ProxyHop {
    fn read(variable: &str, value: &str) -> Self {
        // Without a scheme it is `http`, as in other programs.
        let whole = if value.contains("://") {
            value.to_owned()
        } else {
            format!("http://{value}")
        };
        let shown = without_secrets(value);
        let unusable = |why: &str| {
            Self::Unusable(format!(
                "{variable} is `{shown}`, {why}: write it as `http://proxy.example.com:3128`, or give \
                 `--proxy none`"
            ))
        };
        match Url::parse(&whole) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Self::Variable(url)
            }
            Ok(url) if url.scheme().starts_with("socks") => {
                unusable("which is a SOCKS proxy, and only HTTP proxies can be used")
            }
            _ => unusable("which is no address of an HTTP proxy"),
        }
    }
}

impl fmt::Display for ProxyHop {
    /// The address, without any account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(url) => {
                write!(f, "{}://", url.scheme())?;
                f.write_str(url.host_str().unwrap_or_default())?;
                match url.port() {
                    Some(port) => write!(f, ":{port}"),
                    None => Ok(()),
                }
            }
            Self::Named(proxy) => proxy.fmt(f),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

impl Exceptions {
    fn new(text: String) -> Self {
        let is_all = text.split(',').any(|host| host.trim() == "*");
        let hosts = (!is_all).then(|| Matcher::builder().all(SOME_PROXY).no(&text).build());
        Self { text, hosts }
    }

    fn contain(&self, url: &Url) -> bool {
        let Some(hosts) = &self.hosts else {
            return true;
        };
        let uri = url.as_str().parse();
        uri.is_ok_and(|uri| hosts.intercept(&uri).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy for a request, if the environment has these variables.
    fn hop(variables: &[(&str, &str)], url: &str) -> String {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let route = ProxyRoute::with(&ProxyChoice::Environment, find);
        let url = Url::parse(url).unwrap();
        let hop = route.hop(&url);
        hop.map_or_else(|| "none".to_owned(), ToString::to_string)
    }

    const URL: &str = "https://api.example.com/scim";

    #[test]
    fn the_environment_names_a_proxy_for_each_scheme() {
        for (variables, expected) in [
            (&[][..], "none"),
            (&[("HTTPS_PROXY", "http://p:3128")], "http://p:3128"),
            (&[("https_proxy", "p:3128")], "http://p:3128"),
            (
                &[("HTTPS_PROXY", "http://me:planted@p:3128/")],
                "http://p:3128",
            ),
            (
                &[("HTTPS_PROXY", ""), ("ALL_PROXY", "https://all")],
                "https://all",
            ),
            (&[("HTTP_PROXY", "http://p:3128")], "none"),
            // A bad proxy for another scheme does not matter.
            (&[("HTTP_PROXY", "not a url")], "none"),
            (
                &[("HTTPS_PROXY", "p:1"), ("ALL_PROXY", "socks5://s")],
                "http://p:1",
            ),
        ] {
            assert_eq!(hop(variables, URL), expected, "{variables:?}");
        }
    }

    #[test]
    fn some_hosts_are_reached_without_a_proxy() {
        for (list, expected) in [
            ("", "http://p"),
            ("other.example", "http://p"),
            ("example.com", "none"),
            (".example.com", "none"),
            ("other.example, api.example.com", "none"),
            ("*", "none"),
            ("other.example, *", "none"),
        ] {
            for proxy in ["p", "not a url"] {
                let found = hop(&[("HTTPS_PROXY", proxy), ("NO_PROXY", list)], URL);
                match expected {
                    "none" => assert_eq!(found, "none", "{proxy} {list}"),
                    _ => assert_ne!(found, "none", "{proxy} {list}"),
                }
            }
        }
        let all = &[("ALL_PROXY", "p"), ("no_proxy", "*")];
        assert_eq!(hop(all, "https://192.0.2.1/"), "none");
    }

    #[test]
    fn p10_a_bad_variable_is_reported_without_its_secret() {
        for (value, expected) in [
            ("not a url", "no address of an HTTP proxy"),
            ("http://", "no address of an HTTP proxy"),
            ("ftp://p", "no address of an HTTP proxy"),
            ("http://me:planted@p:x", "no address of an HTTP proxy"),
            ("socks5://me:planted@p", "a SOCKS proxy"),
            ("socks5h://p:1080", "a SOCKS proxy"),
        ] {
            let found = hop(&[("ALL_PROXY", value)], URL);
            assert!(
                found.contains(expected) && found.contains("ALL_PROXY"),
                "{found}"
            );
            assert!(!found.contains("planted"), "{found}");
        }
    }
}
