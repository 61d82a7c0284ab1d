//! A proxy that makes tunnels (RFC 9110 §9.3.6) to one server, whatever host it is asked for, and may
//! want a sign-in (Basic, RFC 7617).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Listens as long as it lives.
pub(super) struct Connect {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Connect {
    /// A proxy before this server.
    pub(super) async fn to(server: SocketAddr, account: Option<(&str, &str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let wanted = account.map(|(name, password)| {
            let pair = STANDARD.encode(format!("{name}:{password}"));
            format!("proxy-authorization: basic {pair}").to_lowercase()
        });
        let asked = Arc::default();
        let mut task = JoinSet::new();
        task.spawn(serve(listener, server, wanted, Arc::clone(&asked)));
        Self {
            address,
            asked,
            _task: task,
        }
    }

    /// The proxy's address, with this before the host.
    pub(super) fn url(&self, before: &str) -> String {
        format!("http://{before}{}", self.address)
    }

    /// The hosts for which tunnels were made since the last call.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn serve(
    listener: TcpListener,
    server: SocketAddr,
    wanted: Option<String>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let mut tunnels = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        tunnels.spawn(tunnel(client, server, wanted.clone(), Arc::clone(&asked)));
        while tunnels.try_join_next().is_some() {}
    }
}

async fn tunnel(
    mut client: TcpStream,
    server: SocketAddr,
    wanted: Option<String>,
    asked: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let host = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    let is_welcome = wanted.is_none_or(|line| head.to_lowercase().lines().any(|it| it == line));
    if !is_welcome {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
            Proxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\n\r\n";
        client.write_all(refusal).await.ok()?;
        return None;
    }
    asked.lock().unwrap().push(host.to_owned());
    let mut server = TcpStream::connect(server).await.ok()?;
    client
        .write_all(b"HTTP/1.1 200 Connected\r\n\r\n")
        .await
        .ok()?;
    let _ = copy_bidirectional(&mut client, &mut server).await;
    Some(())
}
