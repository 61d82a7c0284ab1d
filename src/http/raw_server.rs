//! A raw server for tests: it records the bytes of each request and misbehaves as the test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends an answer with a length and keeps the connection.
    Answer(String),
    /// Sends these bytes and closes.
    Raw(String),
    /// Sends these bytes, which may be no text, and closes.
    Bytes(Vec<u8>),
    /// Sends these bytes and then nothing more.
    StallAfter(String),
    /// Never answers.
    Stall,
    /// Resets the connection.
    Reset,
    /// Sends a body without an end.
    Endless,
    /// Waits for a permit of the semaphore, then does this.
    When(Arc<Semaphore>, Box<Act>),
}

impl Act {
    pub(crate) fn raw(bytes: &str) -> Self {
        Self::Raw(bytes.to_owned())
    }

    /// An answer with a JSON body; `status` is the rest of the status line, and may hold headers.
    pub(crate) fn json(status: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }
}

type Script = dyn Fn(&str) -> Act + Send + Sync;

/// A server on a free port of this machine. It stops when it is dropped.
pub(crate) struct Server {
    /// Its address, without a slash at the end.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    arrivals: Arc<Semaphore>,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn always(act: Act) -> Self {
        Self::start(move |_| act.clone()).await
    }

    /// Starts a server that asks `script` what to do with the text of each request.
    pub(crate) async fn start(script: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let arrivals = Arc::new(Semaphore::new(0));
        let script: Arc<Script> = Arc::new(script);
        let mut tasks = JoinSet::new();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let (ears, bell) = (Arc::clone(&requests), Arc::clone(&arrivals));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                let (ears, bell) = (Arc::clone(&ears), Arc::clone(&bell));
                connections.spawn(serve(stream, Arc::clone(&script), ears, bell));
            }
        });
        Self {
            url,
            requests,
            arrivals,
            connections,
            _tasks: tasks,
        }
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// All requests so far, as they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until one more request has come than earlier calls have waited for.
    pub(crate) async fn arrival(&self) {
        self.arrivals.acquire().await.unwrap().forget();
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Script>,
    requests: Arc<Mutex<Vec<String>>>,
    bell: Arc<Semaphore>,
) {
    let mut input = Vec::new();
    while let Some(request) = next_request(&mut stream, &mut input).await {
        let mut act = script(&request);
        requests.lock().unwrap().push(request);
        bell.add_permits(1);
        while let Act::When(gate, then) = act {
            gate.acquire().await.unwrap().forget();
            act = *then;
        }
        match act {
            Act::Answer(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap_or_default(),
            Act::Raw(bytes) => {
                stream.write_all(bytes.as_bytes()).await.unwrap_or_default();
                return;
            }
            Act::Bytes(bytes) => {
                stream.write_all(&bytes).await.unwrap_or_default();
                return;
            }
            Act::StallAfter(bytes) => {
                stream.write_all(bytes.as_bytes()).await.unwrap_or_default();
                std::future::pending::<()>().await;
            }
            Act::Endless => {
                let start = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
                let mut sent = stream.write_all(start.as_bytes()).await;
                while sent.is_ok() {
                    sent = stream.write_all(&[b'x'; 8192]).await;
                }
                return;
            }
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Stall | Act::When(..) => std::future::pending().await,
        }
    }
}

/// The head of a request, and its body as far as `Content-Length` says.
async fn next_request(stream: &mut TcpStream, input: &mut Vec<u8>) -> Option<String> {
    loop {
        let text = String::from_utf8_lossy(input).into_owned();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text[..head]
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse::<usize>().unwrap());
            let whole = head + 4 + length;
            if input.len() >= whole {
                let rest = input.split_off(whole);
                let request = std::mem::replace(input, rest);
                return Some(String::from_utf8_lossy(&request).into_owned());
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => input.extend_from_slice(&chunk[..read]),
        }
    }
}
