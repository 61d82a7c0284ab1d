//! A line tap: passes bytes between a client and a server on, and remembers them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The bytes of one direction of one connection.
type Tape = Arc<Mutex<Vec<u8>>>;

/// Listens as long as it lives.
#[derive(Debug)]
pub(super) struct Proxy {
    address: SocketAddr,
    tapes: Arc<Mutex<Vec<Tape>>>,
    _task: JoinSet<()>,
}

impl Proxy {
    /// A proxy before this server.
    pub(super) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tapes = Arc::default();
        let mut task = JoinSet::new();
        task.spawn(serve(listener, server, Arc::clone(&tapes)));
        Self {
            address,
            tapes,
            _task: task,
        }
    }

    /// The address of a path behind the proxy.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every token that the server gave out.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.values(&["tokenValue"])
    }

    /// Every text that went through as the value of a JSON member of one of these names.
    pub(super) fn values(&self, names: &[&str]) -> Vec<String> {
        let texts = self.texts();
        let mut values: Vec<_> = names
            .iter()
            .map(|name| format!("\"{name}\":\""))
            .flat_map(|before| {
                let found = texts.iter().flat_map(|text| text.split(&before).skip(1));
                let found = found.filter_map(|rest| rest.split_once('"'));
                found.map(|(value, _)| value.to_owned()).collect::<Vec<_>>()
            })
            .collect();
        values.sort();
        values.dedup();
        values
    }

    /// Whether this text went through, either way.
    pub(super) fn has_carried(&self, text: &str) -> bool {
        self.texts().iter().any(|tape| tape.contains(text))
    }

    fn texts(&self) -> Vec<String> {
        let tapes = self.tapes.lock().unwrap();
        tapes
            .iter()
            .map(|tape| String::from_utf8_lossy(&tape.lock().unwrap()).into_owned())
            .collect()
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, tapes: Arc<Mutex<Vec<Tape>>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            return;
        };
        let (there, back) = (Tape::default(), Tape::default());
        tapes
            .lock()
            .unwrap()
            .extend([Arc::clone(&there), Arc::clone(&back)]);
        connections.spawn(connection(client, server, there, back));
    }
}

async fn connection(client: TcpStream, server: SocketAddr, there: Tape, back: Tape) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // A server that breaks the line has to break it for the client too.
    tokio::select! {
        () = pass(from_client, to_server, there) => {}
        () = pass(from_server, to_client, back) => {}
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, tape: Tape) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        tape.lock().unwrap().extend_from_slice(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
