//! A TLS server before another one that speaks plain HTTP/1.1: it takes connections, counts them, and
//! passes on what comes through, from HTTP/1.1 byte by byte, from HTTP/2 request by request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::http::{Request, Response};
use h2::server::SendResponse;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::authority::{Authority, Signed};

/// What becomes of an HTTP/2 request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// It is passed on, and so is the answer.
    Pass,
    /// It is called refused, and has never reached the server (RFC 9113 §8.7).
    Refuse,
    /// It is called refused, and has reached the server all the same.
    RefuseAfter,
    /// It has reached the server, and the connection is given up as if it had not.
    GoAwayAfter,
    /// Nothing is heard of the whole connection any more, as behind a router that forgot it.
    Vanish,
}

/// How a front is set up.
#[derive(Clone)]
pub(crate) struct Manner {
    /// What it offers, best first: `h2`, `http/1.1`.
    pub(crate) protocols: &'static [&'static str],
    /// Who vouches for clients, if a certificate is wanted of them.
    pub(crate) clients: Option<Authority>,
    /// Whether it speaks TLS 1.2 and nothing newer.
    pub(crate) old: bool,
    /// What becomes of the nth request that writes, counted from 0, over HTTP/2.
    pub(crate) writes: fn(usize) -> Act,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            protocols: &["http/1.1"],
            clients: None,
            old: false,
            writes: |_| Act::Pass,
        }
    }
}

/// Listens as long as it lives.
pub(crate) struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

struct Shared {
    server: SocketAddr,
    acceptor: TlsAcceptor,
    writes: fn(usize) -> Act,
    client: reqwest::Client,
    connections: AtomicUsize,
    http2: AtomicUsize,
    written: AtomicUsize,
}

impl Front {
    /// A front before this server.
    pub(crate) async fn before(server: SocketAddr, signed: &Signed, manner: Manner) -> Self {
        let versions: &[_] = if manner.old {
            &[&TLS12]
        } else {
            &[&TLS12, &TLS13]
        };
        let builder = ServerConfig::builder_with_protocol_versions(versions);
        let builder = match manner.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der()).unwrap();
                let verifier = WebPkiClientVerifier::builder(roots.into());
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![signed.certificate.clone()];
        let mut config = builder.with_single_cert(chain, signed.key()).unwrap();
        let protocols = manner.protocols.iter();
        config.alpn_protocols = protocols.map(|name| name.as_bytes().to_vec()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            writes: manner.writes,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            connections: 0.into(),
            http2: 0.into(),
            written: 0.into(),
        });
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            _task: task,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path behind it, by a name that leads to this machine.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// Connections that were made and came through TLS.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Writes that came over HTTP/2, those included that went no further.
    pub(crate) fn written(&self) -> usize {
        self.shared.written.load(Ordering::SeqCst)
    }

    /// How many of them speak HTTP/2.
    pub(crate) fn http2(&self) -> usize {
        self.shared.http2.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connection(client, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

/// A client that does not like us is no failure of ours.
async fn connection(client: TcpStream, shared: Arc<Shared>) {
    let Ok(mut tls) = shared.acceptor.accept(client).await else {
        return;
    };
    shared.connections.fetch_add(1, Ordering::SeqCst);
    if tls.get_ref().1.alpn_protocol() == Some(b"h2") {
        shared.http2.fetch_add(1, Ordering::SeqCst);
        speak_http2(tls, shared).await;
        return;
    }
    if let Ok(mut server) = TcpStream::connect(shared.server).await {
        let _ = copy_bidirectional(&mut tls, &mut server).await;
    }
}

async fn speak_http2(tls: TlsStream<TcpStream>, shared: Arc<Shared>) {
    let Ok(mut connection) = h2::server::handshake(tls).await else {
        return;
    };
    let mut requests: JoinSet<Option<()>> = JoinSet::new();
    let (give_up, mut asked) = tokio::sync::mpsc::channel::<Act>(1);
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            Some(act) = asked.recv() => {
                if act == Act::Vanish {
                    return std::future::pending().await;
                }
                connection.abrupt_shutdown(h2::Reason::NO_ERROR);
                continue;
            }
        };
        let Some(Ok((request, respond))) = accepted else {
            return;
        };
        let (shared, give_up) = (Arc::clone(&shared), give_up.clone());
        requests.spawn(async move {
            let act = shared.act(&request);
            meet(act, request, respond, &shared, give_up).await
        });
    }
}

impl Shared {
    fn act(&self, request: &Request<h2::RecvStream>) -> Act {
        if request.method() != "PATCH" {
            return Act::Pass;
        }
        (self.writes)(self.written.fetch_add(1, Ordering::SeqCst))
    }
}

async fn meet(
    act: Act,
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    shared: &Shared,
    give_up: tokio::sync::mpsc::Sender<Act>,
) -> Option<()> {
    if act == Act::Vanish {
        give_up.send(act).await.ok()?;
        return std::future::pending().await;
    }
    if act == Act::Refuse {
        respond.send_reset(h2::Reason::REFUSED_STREAM);
        return None;
    }
    let (parts, mut body) = request.into_parts();
    let mut whole = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.ok()?;
        let _ = body.flow_control().release_capacity(chunk.len());
        whole.extend_from_slice(&chunk);
    }
    let path = parts.uri.path_and_query()?.as_str();
    let url = format!("http://{}{path}", shared.server);
    let asked = shared.client.request(parts.method, url);
    let answer = asked.headers(parts.headers).body(whole).send().await.ok()?;
    match act {
        Act::RefuseAfter => {
            respond.send_reset(h2::Reason::REFUSED_STREAM);
            return None;
        }
        Act::GoAwayAfter => {
            give_up.send(act).await.ok()?;
            return None;
        }
        Act::Pass | Act::Refuse | Act::Vanish => {}
    }
    let mut head = Response::new(());
    *head.status_mut() = answer.status();
    *head.headers_mut() = answer.headers().clone();
    // These belong to one connection of HTTP/1.1 (RFC 9113 §8.2.2).
    for name in ["connection", "transfer-encoding", "keep-alive"] {
        head.headers_mut().remove(name);
    }
    let body = answer.bytes().await.ok()?;
    let mut stream = respond.send_response(head, false).ok()?;
    stream.send_data(body, true).ok()
}
