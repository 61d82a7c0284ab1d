//! The client: settings, one exchange, and the reading of a body up to its cap.
//!
//! A repetition that the ledger does not know of would make its count of attempts wrong, so reqwest's
//! own retries and redirects are off: the caller decides whether a redirect is followed, with
//! [`crate::http::redirect()`]. (hyper still moves a request to a new connection if the pooled one
//! closed before a byte of it was written; no server can have seen that request.)

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect, retry, tls};
use tokio::time::Instant;

use crate::domain::Silence;
use crate::http::base_url::is_loopback;
use crate::http::coding::unpack;
use crate::http::failure::{chain, lacks_descriptors, silence};
use crate::http::route::{Hop, Route};
use crate::http::trouble::{proxy_sign_in, tls_error};
use crate::http::{
    Body, ClientIdentity, HeaderMap, HeaderValue, Outgoing, ProxyChoice, Reply, Roots, header,
};

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
    pooled: Clients,
    /// As `pooled`, with a new connection for each request; made when one is needed first.
    anew: Arc<OnceLock<Clients>>,
    settings: Arc<HttpSettings>,
    route: Arc<Route>,
    /// Whether this machine has no certificate authority: no TLS server can be trusted then, and the
    /// error for a request to one gives this reason.
    rootless: bool,
}

/// The two ways out of this machine.
#[derive(Debug, Clone)]
struct Clients {
    /// Takes the proxy, if there is one.
    outside: Client,
    /// Takes none, unless asked: a proxy cannot reach our own loopback.
    loopback: Client,
}

/// Whether a request may go out on a connection that others have used.
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
        let route = Route::of(&network.proxy);
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
                _ => chain(&error.without_url()),
            })
        };
        Ok(Self {
            pooled: pooled.map_err(error)?,
            anew: Arc::default(),
            settings: Arc::new(settings.clone()),
            route: Arc::new(route),
            rootless,
        })
    }

    /// Sends one request, once, and reads its reply. A reply whose status line has come is never an
    /// error, whatever becomes of its body; but a proxy's refusal (407) is no reply of the server's.
    ///
    /// # Errors
    /// [`Silence::NotSent`] only if connecting failed; [`Silence::Blocked`] if the proxy lets nothing
    /// through, or cannot be used; [`Silence::Lost`] for everything else.
    pub async fn exchange(&self, outgoing: Outgoing) -> Result<Reply, Silence> {
        self.exchange_by(&self.pooled, outgoing).await
    }

    /// As [`Http::exchange`], on a connection of its own: a server that answers 421 says that the one used
    /// before leads to another server, and that it has done nothing.
    ///
    /// # Errors
    /// As [`Http::exchange`].
    pub async fn exchange_anew(&self, outgoing: Outgoing) -> Result<Reply, Silence> {
        self.exchange_by(&self.anew()?, outgoing).await
    }

    async fn exchange_by(&self, clients: &Clients, outgoing: Outgoing) -> Result<Reply, Silence> {
        let is_direct = is_loopback(&outgoing.url) && !self.settings.network.proxy_loopback;
        let hop = if is_direct {
            None
        } else {
            self.route.hop(&outgoing.url)
        };
        if let Some(Hop::Unusable(why)) = hop {
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
            .map_err(|error| silence(error, self.rootless))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        if status == 407 {
            return Err(Silence::Blocked(proxy_sign_in(&headers)));
        }
        // A tunnel hides from the proxy what is said within.
        let proxy = hop.filter(|_| is_plain).map(ToString::to_string);
        Ok(Reply {
            status,
            body: read(response, &headers).await,
            headers,
            proxy,
        })
    }

    /// Clients that open a connection for each request.
    fn anew(&self) -> Result<Clients, Silence> {
        if let Some(clients) = self.anew.get() {
            return Ok(clients.clone());
        }
        let clients = Clients::new(&self.settings, &self.route, self.rootless, Connection::New);
        let clients = clients.map_err(|error| Silence::NotSent(chain(&error.without_url())))?;
        Ok(self.anew.get_or_init(|| clients).clone())
    }

    /// Sends; but where there is no descriptor for a connection, nothing was sent, and others will
    /// give theirs back. That is no matter of the server's, and must not look like its outage.
    async fn execute(&self, client: &Client, outgoing: Outgoing) -> reqwest::Result<Response> {
        let deadline = Instant::now().checked_add(self.settings.timeout);
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

impl Clients {
    fn new(
        settings: &HttpSettings,
        route: &Route,
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

/// All that is the same with and without a proxy. A machine without certificate authorities gets a
/// client that trusts no server, since plain http to this very machine needs none.
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
/// says so by a text alone.
fn has_no_roots(error: &reqwest::Error, network: &Network) -> bool {
    let no_own = network.roots.is_empty() && !network.only_roots;
    no_own && matches!(tls_error(error), Some(rustls::Error::General(_)))
}

/// Reads a body. Leaving early drops the response, which closes its connection.
async fn read(mut response: Response, headers: &HeaderMap) -> Body {
    let mut whole = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if whole.len() + chunk.len() > BODY_CAP => return Body::TooLong,
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return unpack(whole, headers, BODY_CAP),
            Err(error) => return Body::Broken(chain(&error.without_url())),
        }
    }
}

#[cfg(test)]
mod tests;
