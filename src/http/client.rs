//! The client: settings, one exchange, and the reading of a body up to its cap.
//!
//! A repetition that the ledger does not know of would make its count of attempts wrong, so
//! reqwest's own retries and redirects are off. (hyper still moves a request to a new connection if
//! the pooled one closed before a byte of it was written; nobody can have seen that.)

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect, retry, tls};
use tokio::time::Instant;

use crate::domain::Silence;
use crate::http::base_url::is_loopback;
use crate::http::failure::{chain, lacks_descriptors, silence};
use crate::http::trouble::tls_error;
use crate::http::{Body, ClientIdentity, Outgoing, ProxyChoice, Reply, Roots};

/// Longest body that is read, in bytes. A user with thousands of workspaces stays far below.
const BODY_CAP: usize = 8 * 1024 * 1024;

/// How long an unused connection is kept. Servers and load balancers close theirs after 30 s or
/// more; a connection that closes under a request costs a user a doubt.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// The time between two looks for a free descriptor, where the machine grants fewer of them than
/// there are requests to send.
const DESCRIPTOR_WAIT: Duration = Duration::from_millis(50);

/// How long an HTTP/2 connection may be silent while requests wait on it before it is asked whether
/// it still lives. With HTTP/1.1 a request that times out takes its connection along; here all
/// requests share one, and a dead one would be used until the system gives it up.
const PING_AFTER: Duration = Duration::from_secs(10);

/// How long the answer to that question may take. Servers answer it before everything else.
const PING_WAIT: Duration = Duration::from_secs(10);

/// The way to a server, and whom to trust on it.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The proxy.
    pub proxy: ProxyChoice,
    /// Whether requests to this very machine take it too.
    pub proxy_loopback: bool,
    /// Certificate authorities that are trusted besides those of the system.
    pub roots: Roots,
    /// Whether these alone are trusted.
    pub only_roots: bool,
    /// The certificate that we show, if we are asked for one.
    pub identity: Option<ClientIdentity>,
}

/// What can be set about connections.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Longest time for name look-up, connecting and TLS together. Keep it below `timeout`: only
    /// when this one ends a request is it known that nothing was sent.
    pub connect_timeout: Duration,
    /// Longest time for a whole exchange, from connecting to the last byte of the body.
    pub timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The way to the server.
    pub network: Network,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            user_agent: concat!("offboard/", env!("CARGO_PKG_VERSION")).to_owned(),
            network: Network::default(),
        }
    }
}

/// The client cannot be built: a client certificate and its key do not fit each other, or the user
/// agent is no header text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot set up HTTP: {0}")]
pub struct HttpError(String);

/// A client with its pool of connections; clones share the pool.
#[derive(Debug, Clone)]
pub struct Http {
    /// Takes the proxy, if there is one.
    outside: Client,
    /// Takes none, unless asked: a proxy cannot reach our own loopback.
    loopback: Client,
    timeout: Duration,
    /// Whether this machine has no certificate authority: no TLS server can be trusted then, and
    /// whoever reaches one is told why.
    rootless: bool,
}

impl Http {
    /// A client for all requests of a process.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let network = &settings.network;
        let mut rootless = false;
        let mut outside =
            builder(settings, rootless).and_then(|builder| proxied(builder, network)?.build());
        if let Err(error) = &outside
            && has_no_roots(error, network)
        {
            rootless = true;
            outside =
                builder(settings, rootless).and_then(|builder| proxied(builder, network)?.build());
        }
        let error = |error: reqwest::Error| {
            HttpError(match tls_error(&error) {
                Some(rustls::Error::InconsistentKeys(_)) => {
                    "the key of `--client-key` is not that of the certificate of `--client-cert`"
                        .to_owned()
                }
                _ => chain(&error.without_url()),
            })
        };
        let outside = outside.map_err(error)?;
        let loopback = if network.proxy_loopback {
            outside.clone()
        } else {
            let direct = builder(settings, rootless).and_then(|builder| builder.no_proxy().build());
            direct.map_err(error)?
        };
        Ok(Self {
            outside,
            loopback,
            timeout: settings.timeout,
            rootless,
        })
    }

    /// Sends one request, once, and reads its reply. A reply whose status line has come is never an
    /// error, whatever becomes of its body.
    ///
    /// # Errors
    /// [`Silence::NotSent`] only if connecting failed; [`Silence::Lost`] for everything else.
    pub async fn exchange(&self, outgoing: Outgoing) -> Result<Reply, Silence> {
        let client = if is_loopback(&outgoing.url) {
            &self.loopback
        } else {
            &self.outside
        };
        let mut response = self
            .execute(client, outgoing)
            .await
            .map_err(|error| silence(error, self.rootless))?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: read(response).await,
        })
    }

    /// Sends; but where there is no descriptor for a connection, nothing was sent, and others will
    /// give theirs back. That is no matter of the server's, and must not look like its outage.
    async fn execute(&self, client: &Client, outgoing: Outgoing) -> reqwest::Result<Response> {
        let deadline = Instant::now().checked_add(self.timeout);
        let request = outgoing.into_reqwest();
        while let Some(copy) = request.try_clone() {
            match client.execute(copy).await {
                Err(error)
                    if lacks_descriptors(&error)
                        && deadline.is_none_or(|deadline| Instant::now() < deadline) =>
                {
                    tokio::time::sleep(DESCRIPTOR_WAIT).await;
                }
                result => return result,
            }
        }
        client.execute(request).await
    }
}

/// All that is the same with and without a proxy. A machine without certificate authorities gets a
/// client that trusts nobody, since plain http to this very machine needs none.
fn builder(settings: &HttpSettings, rootless: bool) -> reqwest::Result<ClientBuilder> {
    let network = &settings.network;
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PING_WAIT)
        .tls_backend_rustls()
        .tls_version_min(tls::Version::TLS_1_2)
        .user_agent(&settings.user_agent);
    let roots = network.roots.to_reqwest()?;
    if network.only_roots || rootless {
        builder = builder.tls_certs_only(roots);
    } else if !roots.is_empty() {
        builder = builder.tls_certs_merge(roots);
    }
    if let Some(identity) = &network.identity {
        builder = builder.identity(identity.to_reqwest()?);
    }
    Ok(builder)
}

fn proxied(builder: ClientBuilder, network: &Network) -> reqwest::Result<ClientBuilder> {
    Ok(match &network.proxy {
        ProxyChoice::Environment => builder,
        ProxyChoice::Direct => builder.no_proxy(),
        ProxyChoice::Named(proxy) => builder.proxy(proxy.to_reqwest()?),
    })
}

/// Whether a client cannot be built because the system has no certificate authorities. The verifier
/// says so by a text alone.
fn has_no_roots(error: &reqwest::Error, network: &Network) -> bool {
    let no_own = network.roots.is_empty() && !network.only_roots;
    no_own && matches!(tls_error(error), Some(rustls::Error::General(_)))
}

/// Reads a body. Leaving early drops the response, which closes its connection.
async fn read(mut response: Response) -> Body {
    let mut whole = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if whole.len() + chunk.len() > BODY_CAP => {
                return Body::Broken(format!("the body is longer than {} KiB", BODY_CAP / 1024));
            }
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(whole),
            Err(error) => return Body::Broken(chain(&error.without_url())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fake::{Act, Server};
    use crate::http::{BaseUrl, HeaderMap, Method, PlainHttp};

    /// A client that no proxy of the environment gets in the way of.
    fn http(timeout: Duration) -> Http {
        let loopback = Http::new(&HttpSettings {
            connect_timeout: Duration::from_secs(5),
            timeout,
            ..HttpSettings::default()
        })
        .unwrap()
        .loopback;
        Http {
            outside: loopback.clone(),
            loopback,
            timeout,
            rootless: false,
        }
    }

    fn outgoing(base: &str) -> Outgoing {
        let base = BaseUrl::parse(base, PlainHttp::Anywhere).unwrap();
        Outgoing {
            method: Method::GET,
            url: base.join("/thing").unwrap(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    async fn ask(base: &str, timeout: Duration) -> Result<Reply, Silence> {
        http(timeout).exchange(outgoing(base)).await
    }

    const LONG: Duration = Duration::from_secs(20);

    async fn body_of(act: Act, timeout: Duration) -> String {
        let server = Server::always(act).await;
        match ask(&server.url, timeout).await.unwrap().body {
            Body::Broken(why) => why,
            Body::Whole(bytes) => panic!("{} bytes came whole", bytes.len()),
        }
    }

    #[tokio::test]
    async fn a_whole_reply_is_handed_on_and_a_redirect_is_not_followed() {
        let server = Server::always(Act::raw(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nhi",
        ))
        .await;
        let reply = ask(&server.url, LONG).await.unwrap();
        assert_eq!(reply.status, 302);
        assert_eq!(reply.headers["location"], "/elsewhere");
        assert!(matches!(reply.body, Body::Whole(bytes) if bytes == b"hi"));
        assert_eq!(server.heard().len(), 1);
    }

    #[tokio::test]
    async fn only_a_failure_to_connect_proves_that_nothing_was_sent() {
        let refused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = refused.local_addr().unwrap().port();
        drop(refused);
        for (base, expected) in [
            (format!("http://127.0.0.1:{port}"), "Connection refused"),
            ("http://nonexistent.invalid".to_owned(), "dns error"),
        ] {
            match ask(&base, LONG).await {
                Err(Silence::NotSent(text)) => assert!(text.contains(expected), "{text}"),
                other => panic!("{base}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_connection_that_breaks_after_the_request_is_lost() {
        for act in [Act::Reset, Act::raw(""), Act::raw("HTTP/1.1 20")] {
            let server = Server::always(act.clone()).await;
            match ask(&server.url, LONG).await {
                Err(Silence::Lost(text)) => {
                    assert!(text.contains("error sending request: "), "{text}");
                    assert!(!text.contains("http://"), "{text}");
                }
                other => panic!("{act:?}: {other:?}"),
            }
            assert_eq!(server.heard().len(), 1, "it was repeated after {act:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_lost_after_the_timeout() {
        let server = Server::always(Act::Stall).await;
        match ask(&server.url, Duration::from_millis(200)).await {
            Err(Silence::Lost(text)) => assert!(text.contains("timed out"), "{text}"),
            other => panic!("{other:?}"),
        }
    }

    /// A server that takes the connection and never answers to TLS. Nothing was sent either way, but
    /// only the timeout for connecting can know.
    #[tokio::test]
    async fn a_connect_timeout_proves_that_nothing_was_sent() {
        let short = Duration::from_millis(200);
        for (connect_timeout, timeout, never_left) in [(short, LONG, true), (LONG, short, false)] {
            let server = Server::always(Act::Stall).await;
            let http = Http::new(&HttpSettings {
                connect_timeout,
                timeout,
                ..HttpSettings::default()
            });
            let base = server.url.replace("http://", "https://");
            let outgoing = outgoing(&base);
            match http.unwrap().exchange(outgoing).await {
                Err(Silence::NotSent(text)) if never_left => {
                    assert!(text.contains("(Connect)"), "{text}");
                }
                Err(Silence::Lost(text)) if !never_left => {
                    assert!(text.contains("timed out"), "{text}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_whole_is_broken_and_keeps_its_status() {
        let cut = Act::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":");
        let why = body_of(cut, LONG).await;
        assert!(why.contains("end of file"), "{why}");

        let endless = body_of(Act::Endless, LONG).await;
        assert_eq!(endless, "the body is longer than 8192 KiB");

        let slow = Act::StallAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_owned());
        let why = body_of(slow, Duration::from_millis(200)).await;
        assert!(why.contains("timed out"), "{why}");
    }

    #[tokio::test]
    async fn what_is_no_http_is_lost() {
        let server = Server::always(Act::raw("SSH-2.0-OpenSSH_9.6\r\n")).await;
        assert!(matches!(
            ask(&server.url, LONG).await,
            Err(Silence::Lost(_))
        ));
    }
}
