//! A proxy that does not do its duty: it cuts, dribbles, lies, or answers in the server's place.
//!
//! It understands just enough HTTP to know which user a request is about and where a message ends.
//! What it does is decided by a plan, asked once for each request.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::http_message::Message;

/// How a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// As one who has nothing more to say.
    Fin,
    /// As one who has never heard of it.
    Reset,
}

/// What becomes of the connection once the made-up bytes are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It serves the next request.
    GoOn,
    /// It is closed.
    Close,
    /// Nothing more comes, for as long as the client likes.
    Silence,
    /// The last 32 bytes come again and again.
    Repeat,
}

/// What happens to one request.
#[derive(Clone)]
pub(crate) enum Act {
    /// It is passed on, and so is the answer.
    Pass,
    /// So many bytes of it reach the server.
    CutRequest(usize, Close),
    /// It is passed on whole; so many bytes of the answer come back.
    CutAnswer(usize, Close),
    /// It is passed on, and the answer comes a few bytes at a time.
    Dribble(Duration),
    /// It is passed on, and the connection closed after the answer, which does not say so.
    ThenClose,
    /// It never reaches the server.
    Instead(Vec<u8>, Then),
    /// It is passed on, and answered by what is made of the answer.
    Edit(Edit, Then),
    /// It is passed on, and the user's state before it is shown to so many reads after it.
    Stale(usize),
}

/// Makes another answer of an answer.
pub(crate) type Edit = Arc<dyn Fn(&Message) -> Vec<u8> + Send + Sync>;

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutRequest(bytes, close) => write!(f, "request cut after {bytes} ({close:?})"),
            Self::CutAnswer(bytes, close) => write!(f, "answer cut after {bytes} ({close:?})"),
            Self::Instead(_, then) => write!(f, "another answer instead, then {then:?}"),
            Self::Edit(_, then) => write!(f, "an edited answer, then {then:?}"),
            Self::Stale(reads) => write!(f, "{reads} stale reads"),
            Self::Pass => f.write_str("pass"),
            Self::Dribble(_) => f.write_str("dribble"),
            Self::ThenClose => f.write_str("then close"),
        }
    }
}

/// A request, as the plan sees it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    /// The last part of the path: the user, on the SCIM surface.
    pub(crate) who: &'a str,
    /// How many requests with this method were about this user, this one included.
    pub(crate) nth: usize,
}

type Plan = Box<dyn Fn(&Asked) -> Act + Send + Sync>;

/// What all connections share.
struct Shared {
    server: SocketAddr,
    plan: Plan,
    seen: Mutex<HashMap<(String, String), usize>>,
    /// For each user, the old answer to reads and how often it is still given.
    stale: Mutex<HashMap<String, (usize, Message)>>,
    /// How often something else than passing on was done.
    struck: Mutex<usize>,
    /// The last exchange that passed.
    passed: Mutex<Option<(Message, Message)>>,
}

/// Listens as long as it lives.
pub(crate) struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

impl Wire {
    /// A proxy before this server.
    pub(crate) async fn before(
        server: SocketAddr,
        plan: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            plan: Box::new(plan),
            seen: Mutex::default(),
            stale: Mutex::default(),
            struck: Mutex::default(),
            passed: Mutex::default(),
        });
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            _task: task,
        }
    }

    /// The address of a path behind the proxy.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests did not simply pass.
    pub(crate) fn struck(&self) -> usize {
        *self.shared.struck.lock().unwrap()
    }

    /// The last request that passed, and its answer.
    pub(crate) fn passed(&self) -> (Message, Message) {
        let passed = self.shared.passed.lock().unwrap();
        passed.clone().unwrap()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connection(client, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(mut client: TcpStream, shared: Arc<Shared>) {
    client.set_nodelay(true).unwrap();
    while let Some(request) = Message::read(&mut client).await {
        // A client that hangs up is no failure of the proxy's.
        if shared.meet(&mut client, &request).await != Some(()) {
            return;
        }
    }
}

impl Shared {
    fn decide(&self, request: &Message) -> (Act, String) {
        let (method, path) = request.asks();
        let who = path.rsplit('/').next().unwrap().to_ascii_lowercase();
        let nth = {
            let mut seen = self.seen.lock().unwrap();
            let nth = seen.entry((method.to_owned(), who.clone())).or_default();
            *nth += 1;
            *nth
        };
        let act = (self.plan)(&Asked {
            method,
            who: &who,
            nth,
        });
        if !matches!(act, Act::Pass) {
            *self.struck.lock().unwrap() += 1;
        }
        (act, who)
    }

    /// Deals with one request; none if the connection is over.
    async fn meet(&self, client: &mut TcpStream, request: &Message) -> Option<()> {
        let (act, who) = self.decide(request);
        match act {
            Act::Pass => {
                let answer = match self.old_answer(request, &who) {
                    Some(old) => old,
                    None => self.ask(&request.bytes).await?,
                };
                client.write_all(&answer.bytes).await.ok()?;
                *self.passed.lock().unwrap() = Some((request.clone(), answer));
                Some(())
            }
            Act::CutRequest(bytes, close) => {
                let bytes = bytes.min(request.bytes.len());
                let mut server = TcpStream::connect(self.server).await.ok()?;
                server.write_all(&request.bytes[..bytes]).await.ok()?;
                end(&server, close);
                end(client, close);
                None
            }
            Act::CutAnswer(bytes, close) => {
                let answer = self.ask(&request.bytes).await?;
                let bytes = bytes.min(answer.bytes.len());
                client.write_all(&answer.bytes[..bytes]).await.ok()?;
                end(client, close);
                None
            }
            Act::Dribble(pause) => {
                let answer = self.ask(&request.bytes).await?;
                for bytes in answer.bytes.chunks(16) {
                    client.write_all(bytes).await.ok()?;
                    tokio::time::sleep(pause).await;
                }
                Some(())
            }
            Act::ThenClose => {
                let answer = self.ask(&request.bytes).await?;
                client.write_all(&answer.bytes).await.ok()?;
                None
            }
            Act::Instead(bytes, then) => say(client, &bytes, then).await,
            Act::Edit(edit, then) => {
                let answer = self.ask(&request.bytes).await?;
                say(client, &edit(&answer), then).await
            }
            Act::Stale(reads) => {
                let before = self.ask(&request.as_read()).await?;
                let answer = self.ask(&request.bytes).await?;
                self.stale.lock().unwrap().insert(who, (reads, before));
                // The write's own answer is of no help either.
                let silent = answer.with_body("200 OK", "");
                client.write_all(&silent.bytes).await.ok()
            }
        }
    }

    fn old_answer(&self, request: &Message, who: &str) -> Option<Message> {
        let mut stale = self.stale.lock().unwrap();
        let (left, answer) = stale.get_mut(who)?;
        if request.asks().0 != "GET" || *left == 0 {
            return None;
        }
        *left -= 1;
        Some(answer.clone())
    }

    /// The server's answer, by a connection of its own.
    async fn ask(&self, request: &[u8]) -> Option<Message> {
        let mut server = TcpStream::connect(self.server).await.ok()?;
        server.write_all(request).await.ok()?;
        Message::read(&mut server).await
    }
}

/// Arms the socket, so that dropping it resets the connection.
fn end(stream: &TcpStream, close: Close) {
    if close == Close::Reset {
        stream.set_zero_linger().unwrap();
    }
}

async fn say(client: &mut TcpStream, bytes: &[u8], then: Then) -> Option<()> {
    client.write_all(bytes).await.ok()?;
    match then {
        Then::GoOn => Some(()),
        Then::Close => None,
        Then::Silence => {
            // Until the client has had enough.
            let _ = client.readable().await;
            None
        }
        Then::Repeat => {
            let more = bytes[bytes.len() - 32..].repeat(128);
            while client.write_all(&more).await.is_ok() {}
            None
        }
    }
}
