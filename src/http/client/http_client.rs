//! The client: its settings, one exchange, and reading a body up to the size limit.
//!
//! reqwest's own retries and redirects are off, because the ledger counts each attempt and would not see
//! them. The caller decides whether a redirect is followed, with [`crate::http::redirect()`]. (hyper still
//! moves a request to a new connection if the pooled one closed before a byte of it was written; no
//! server can have seen that request.)

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect, retry, tls};
use tokio::time::Instant;

use super::body_coding::unpack;
use super::connection_advice::{proxy_sign_in, tls_error};
use super::transport_error::{lacks_descriptors, why_no_reply, with_causes};
use crate::domain::Silence;
use crate::http::base_url::is_loopback;
use crate::http::proxy::{ProxyHop, ProxyRoute};
use crate::http::{
    Body, ClientIdentity, HeaderMap, HeaderValue, LeaseGate, Outgoing, ProxyChoice, Reply, Roots,
    header,
};

/// The longest body that is read, in bytes. A user with thousands of workspaces is much smaller.
const BODY_CAP: usize = 8 * 1024 * 1024;

/// How long an unused connection is kept. Servers and load balancers close theirs after 30 s or more. If
/// a connection closes during a write, the result is unknown and the user must be read again.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// The time between two tries to get a file descriptor, if the system grants fewer than there are
/// requests to send.
const DESCRIPTOR_WAIT: Duration = Duration::from_millis(50);

/// How long an HTTP/2 connection may be silent while requests wait on it, before a ping checks that it
/// still works. With HTTP/1.1 a request that times out closes its connection; with HTTP/2 all requests
/// share one connection, and a dead one would be used until the system closes it.
const PING_AFTER: Duration = Duration::from_secs(10);

/// How long the answer to that ping may take. Servers answer pings first.
const PING_WAIT: Duration = Duration::from_secs(10);

/// How to reach a server: the proxy, the trusted authorities and the client certificate.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The proxy.
    pub proxy: ProxyChoice,
    /// Whether requests to this machine use the proxy too.
    pub proxy_loopback: bool,
    /// Certificate authorities that are trusted besides those of the system.
    pub roots: Roots,
    /// Whether only these authorities are trusted.
    pub only_roots: bool,
    /// The client certificate, for servers that ask for one.
    pub identity: Option<ClientIdentity>,
}

/// What can be set about connections.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The longest time for name look-up, connecting and TLS together. Keep it below `timeout`: only if
    /// this limit ends a request, it is certain that nothing was sent.
    pub connect_timeout: Duration,
    /// The longest time for a whole exchange, from connecting to the last byte of the body.
    pub timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Proxy, trust and client certificate.
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

/// The client cannot be built: the client certificate does not match its key, or the user agent is not a
/// valid header value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot set up HTTP: {0}")]
pub struct HttpError(String);

/// A client with its pool of connections; clones share the pool.
#[derive(Debug, Clone)]
pub struct Http {
    pooled: Clients,
    /// Like `pooled`, with a new connection for each request; built on first use.
    anew: Arc<OnceLock<Clients>>,
    settings: Arc<HttpSettings>,
    route: Arc<ProxyRoute>,
    /// Whether this machine has no certificate authority. Then no TLS server can be trusted, and the error
    /// for a request to one names this reason.
    rootless: bool,
    /// The gate of the lease under which requests are sent, if there is one.
    lease: Option<Arc<LeaseGate>>,
}

/// The two clients of one kind, with and without a proxy.
#[derive(Debug, Clone)]
struct Clients {
    /// Uses the proxy, if there is one.
    outside: Client,
    /// For addresses of this machine. Uses no proxy, unless that was asked for: a proxy cannot reach this
    /// machine by such an address.
    loopback: Client,
}

/// Whether a request may use a connection that earlier requests have used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    Pooled,
    New,
}

impl Http {
    /// A client for all requests of a process.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let network = &settings.network;
        let route = ProxyRoute::of(&network.proxy);
        let mut rootless = false;
        let mut pooled = Clients::new(settings, &route, rootless, Connection::Pooled);
        if let Err(error) = &pooled
            && has_no_roots(error, network)
        {
            rootless = true;
            pooled = Clients::new(settings, &route, rootless, Connection::Pooled);
        }
        let error = |error: reqwest::Error| {
            HttpError(match tls_error(&error) {
                Some(rustls::Error::InconsistentKeys(_)) => {
                    "the key of `--client-key` is not that of the certificate of `--client-cert`"
                        .to_owned()
                }
                _ => with_causes(&error.without_url()),
            })
        };
        Ok(Self {
            pooled: pooled.map_err(error)?,
            anew: Arc::default(),
            settings: Arc::new(settings.clone()),
            route: Arc::new(route),
            rootless,
            lease: None,
        })
    }

    /// Sends one request, once, and reads its reply. If the status line has arrived, the reply is never an
    /// error, even if its body is damaged; but a proxy's refusal (407) is not a reply of the server.
    ///
    /// # Errors
    /// [`Silence::NotSent`] only if connecting failed; [`Silence::Blocked`] if the proxy refuses all
    /// requests, or cannot be used; [`Silence::Lost`] for everything else.
    pub async fn exchange(&self, outgoing: &Outgoing<'_>) -> Result<Reply, Silence> {
        self.exchange_by(&self.pooled, outgoing).await
    }

    /// Like [`Http::exchange`], on a new connection. A server that answers 421 says that the connection used
    /// before leads to another server, and that it has done nothing.
    ///
    /// # Errors
    /// As [`Http::exchange`].
    pub async fn exchange_anew(&self, outgoing: &Outgoing<'_>) -> Result<Reply, Silence> {
        self.exchange_by(&self.anew()?, outgoing).await
    }

    /// The same client, whose requests pass this gate.
    #[must_use]
    pub(crate) fn behind(self, lease: Option<Arc<LeaseGate>>) -> Self {
        Self { lease, ..self }
    }

    async fn exchange_by(
        &self,
        clients: &Clients,
        outgoing: &Outgoing<'_>,
    ) -> Result<Reply, Silence> {
        if let Some(lease) = &self.lease {
            lease.check(self.settings.timeout)?;
        }
        let is_direct = is_loopback(&outgoing.url) && !self.settings.network.proxy_loopback;
        let hop = if is_direct {
            None
        } else {
            self.route.hop(&outgoing.url)
        };
        if let Some(ProxyHop::Unusable(why)) = hop {
            return Err(Silence::Blocked(why.clone()));
        }
        let is_plain = outgoing.url.scheme() == "http";
        let client = if is_direct {
            &clients.loopback
        } else {
            &clients.outside
        };
        let mut response = self
            .execute(client, outgoing)
            .await
            .map_err(|error| why_no_reply(error, self.rootless))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        if status == 407 {
            return Err(Silence::Blocked(proxy_sign_in(&headers)));
        }
        // With `https` the proxy passes on a tunnel and cannot see the reply.
        let proxy = hop.filter(|_| is_plain).map(ToString::to_string);
        Ok(Reply {
            status,
            body: read(response, &headers).await,
            headers,
            proxy,
        })
    }

    /// The clients that open a new connection for each request.
    fn anew(&self) -> Result<Clients, Silence> {
        if let Some(clients) = self.anew.get() {
            return Ok(clients.clone());
        }
        let clients = Clients::new(&self.settings, &self.route, self.rootless, Connection::New);
        let clients =
            clients.map_err(|error| Silence::NotSent(with_causes(&error.without_url())))?;
        Ok(self.anew.get_or_init(|| clients).clone())
    }

    /// Sends the request. If there is no file descriptor for a connection, nothing was sent: waits until
    /// another request has freed one. This is not a failure of the server and must not count as its outage.
    async fn execute(&self, client: &Client, outgoing: &Outgoing<'_>) -> reqwest::Result<Response> {
        let deadline = Instant::now().checked_add(self.settings.timeout);
        loop {
            match client.execute(outgoing.to_reqwest()).await {
                Err(error)
                    if lacks_descriptors(&error)
                        && deadline.is_none_or(|deadline| Instant::now() < deadline) =>
                {
                    tokio::time::sleep(DESCRIPTOR_WAIT).await;
                }
                result => return result,
            }
        }
    }
}

impl Clients {
    fn new(
        settings: &HttpSettings,
        route: &ProxyRoute,
        rootless: bool,
        connection: Connection,
    ) -> reqwest::Result<Self> {
        let builder = || {
            let builder = builder(settings, rootless)?;
            Ok(match connection {
                Connection::Pooled => builder,
                Connection::New => builder.pool_max_idle_per_host(0),
            })
        };
        let outside = route.apply(builder()?)?.build()?;
        let loopback = if settings.network.proxy_loopback {
            outside.clone()
        } else {
            builder()?.no_proxy().build()?
        };
        Ok(Self { outside, loopback })
    }
}

/// The settings that are the same with and without a proxy. A machine without certificate authorities gets
/// a client that trusts no server, because plain `http` to this machine needs no authority.
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
        .default_headers(HeaderMap::from_iter([(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        )]))
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

/// Whether a client cannot be built because the system has no certificate authorities. The verifier
/// reports this only as a text.
fn has_no_roots(error: &reqwest::Error, network: &Network) -> bool {
    let no_own = network.roots.is_empty() && !network.only_roots;
    no_own && matches!(tls_error(error), Some(rustls::Error::General(_)))
}

/// Reads a body up to the size limit. Returning early drops the response, which closes its connection.
async fn read(mut response: Response, headers: &HeaderMap) -> Body {
    let length = response.content_length().unwrap_or_default();
    let length = usize::try_from(length).unwrap_or(BODY_CAP).min(BODY_CAP);
    let mut whole = Vec::with_capacity(length);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if whole.len() + chunk.len() > BODY_CAP => return Body::TooLong,
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return unpack(whole, headers, BODY_CAP),
            Err(error) => return Body::Broken(with_causes(&error.without_url())),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Exchanges with a raw server.

    use super::*;
    use crate::http::raw_server::{Act, Server};
    use crate::http::{BaseUrl, HeaderMap, Method, PlainHttp};

    /// A client that ignores proxies of the environment.
    fn http(timeout: Duration) -> Http {
        Http::new(&HttpSettings {
            connect_timeout: Duration::from_secs(5),
            timeout,
            network: Network {
                proxy: ProxyChoice::Direct,
                ..Network::default()
            },
            ..HttpSettings::default()
        })
        .unwrap()
    }

    fn outgoing(base: &str) -> Outgoing<'static> {
        let base = BaseUrl::parse(base, PlainHttp::Anywhere).unwrap();
        Outgoing {
            method: Method::GET,
            url: base.join("/thing").unwrap(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    async fn ask(base: &str, timeout: Duration) -> Result<Reply, Silence> {
        http(timeout).exchange(&outgoing(base)).await
    }

    const LONG: Duration = Duration::from_secs(20);

    async fn body_of(act: Act, timeout: Duration) -> String {
        let server = Server::always(act).await;
        match ask(&server.url, timeout).await.unwrap().body {
            Body::Broken(why) | Body::Packed(why) => why,
            Body::TooLong => "too long".to_owned(),
            Body::Whole(bytes) => panic!("{} bytes came whole", bytes.len()),
        }
    }

    #[tokio::test]
    async fn a_whole_reply_is_returned_and_a_redirect_is_not_followed() {
        let server = Server::always(Act::raw(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nhi",
        ))
        .await;
        let reply = ask(&server.url, LONG).await.unwrap();
        assert_eq!(reply.status, 302);
        assert_eq!(reply.headers["location"], "/elsewhere");
        assert!(matches!(reply.body, Body::Whole(bytes) if bytes == b"hi"));
        assert_eq!(server.requests().len(), 1);
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
            assert_eq!(server.requests().len(), 1, "it was repeated after {act:?}");
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

    /// A server that accepts the connection and never answers the TLS handshake. Nothing was sent in both
    /// cases, but only the timeout for connecting proves it.
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
            match http.unwrap().exchange(&outgoing).await {
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
        assert_eq!(endless, "too long");

        let slow = Act::StallAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_owned());
        let why = body_of(slow, Duration::from_millis(200)).await;
        assert!(why.contains("timed out"), "{why}");
    }

    #[tokio::test]
    async fn a_reply_that_is_not_http_is_lost() {
        let server = Server::always(Act::raw("SSH-2.0-OpenSSH_9.6\r\n")).await;
        assert!(matches!(
            ask(&server.url, LONG).await,
            Err(Silence::Lost(_))
        ));
    }

    #[tokio::test]
    async fn exchange_anew_opens_a_new_connection() {
        let server = Server::always(Act::json("200 OK", "{}")).await;
        let http = http(LONG);
        for _ in 0..3 {
            http.exchange(&outgoing(&server.url)).await.unwrap();
        }
        assert_eq!(server.connections(), 1);
        http.exchange_anew(&outgoing(&server.url)).await.unwrap();
        http.exchange_anew(&outgoing(&server.url)).await.unwrap();
        assert_eq!(server.connections(), 3);
    }

    #[tokio::test]
    async fn no_compression_is_asked_for() {
        let server = Server::always(Act::json("200 OK", "{}")).await;
        ask(&server.url, LONG).await.unwrap();
        let heard = server.requests();
        let wanted = "accept-encoding: identity\r\n";
        assert!(heard[0].to_ascii_lowercase().contains(wanted), "{heard:?}");
    }

    /// A client that uses this server as its proxy.
    fn behind(proxy: &str) -> Http {
        Http::new(&HttpSettings {
            timeout: LONG,
            network: Network {
                proxy: ProxyChoice::Named(crate::http::Proxy::new(proxy, None).unwrap()),
                proxy_loopback: true,
                ..Network::default()
            },
            ..HttpSettings::default()
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_refusal_of_the_proxy_is_not_a_reply_of_the_server() {
        let refusal = |offer: &str| {
            Act::json(
                &format!("407 Proxy Authentication Required\r\nProxy-Authenticate: {offer}"),
                "",
            )
        };
        for (offer, expected) in [("Negotiate", "Negotiate"), ("Basic realm=x", "--proxy")] {
            for scheme in ["http", "https"] {
                let proxy = Server::always(refusal(offer)).await;
                let base = format!("{scheme}://server.invalid");
                match behind(&proxy.url).exchange(&outgoing(&base)).await {
                    // reqwest does not return the answer of a proxy that refuses a tunnel.
                    Err(Silence::Blocked(why)) if scheme == "https" => {
                        assert!(why.contains("the proxy wants a sign-in"), "{why}");
                    }
                    Err(Silence::Blocked(why)) => assert!(why.contains(expected), "{why}"),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_reply_that_a_proxy_may_have_made_says_so() {
        let proxy =
            Server::always(Act::json("502 Bad Gateway", "<title>no such host</title>")).await;
        let reply = behind(&proxy.url)
            .exchange(&outgoing("http://server.invalid"))
            .await;
        assert_eq!(reply.unwrap().proxy.as_deref(), Some(&*proxy.url));
        let reply = ask(&proxy.url, LONG).await;
        assert_eq!(reply.unwrap().proxy, None);
    }

    /// An answer with a body that is compressed by gzip.
    fn packed(body: &[u8]) -> Act {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(body).unwrap();
        let gzip = gzip.finish().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            gzip.len()
        );
        Act::Bytes([head.into_bytes(), gzip].concat())
    }

    #[tokio::test]
    async fn a_packed_body_is_unpacked_within_the_cap() {
        let server = Server::always(packed(b"{}")).await;
        let reply = ask(&server.url, LONG).await.unwrap();
        assert!(matches!(reply.body, Body::Whole(body) if body == b"{}"));
        let server = Server::always(packed(&vec![b' '; BODY_CAP + 1])).await;
        let reply = ask(&server.url, LONG).await.unwrap();
        assert!(matches!(reply.body, Body::TooLong));
    }
}
