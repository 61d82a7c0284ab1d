//! The running provider: it listens on a free port of this machine, enters each request in the books,
//! lets the test step in, and answers. It ends when it is dropped.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::books::{Books, Call, Person};
use super::habits::Habits;
use super::hook::{Act, Hook, refusal};
use super::message::{Answer, Request};
use super::service;

/// What all connections share.
struct Shared {
    books: Books,
    habits: Mutex<Habits>,
    hook: Mutex<Option<Hook>>,
}

/// A running provider.
pub(crate) struct Provider {
    shared: Arc<Shared>,
    /// The SCIM base URL.
    pub(crate) url: String,
    _listening: JoinSet<()>,
}

impl Provider {
    pub(crate) async fn start(people: Vec<(String, Person)>, habits: Habits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            books: Books::open(people),
            habits: Mutex::new(habits),
            hook: Mutex::new(None),
        });
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, Arc::clone(&shared)));
        Self {
            _listening: listening,
            shared,
            url: format!("http://{address}/scim"),
        }
    }

    /// A handle on the books.
    pub(crate) fn books(&self) -> Books {
        self.shared.books.clone()
    }

    /// From now on this says what is done with each request.
    pub(crate) fn on_call(&self, hook: impl Fn(&Call) -> Act + Send + Sync + 'static) {
        let mut place = self.shared.hook.lock().unwrap();
        *place = Some(Arc::new(hook));
    }

    /// From now on every request is answered as the habits have it.
    pub(crate) fn calm(&self) {
        *self.shared.hook.lock().unwrap() = None;
    }

    /// Changes the habits from now on.
    pub(crate) fn change_habits(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.shared.habits.lock().unwrap());
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    // They end with this task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        connections.spawn(serve(stream, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut left = Vec::new();
    while let Some(request) = Request::read(&mut stream, &mut left).await {
        let Some(answer) = shared.answer(&request).await else {
            return;
        };
        if answer.write(&mut stream).await.is_err() {
            return;
        }
    }
}

impl Shared {
    /// The answer; none if the connection is to be closed instead.
    async fn answer(&self, request: &Request) -> Option<Answer> {
        let user = request.path.strip_prefix("/scim/Users/");
        let user = user.map(|id| self.meant(id));
        let call = self.books.enter(Call {
            at: 0,
            method: request.method.clone(),
            path: request.path.clone(),
            user,
            query: request.query.clone(),
            credential: request
                .headers
                .get("authorization")
                .cloned()
                .unwrap_or_default(),
            body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
        });
        if !request.headers.contains_key("authorization") {
            return Some(said(401, &refusal(401, "who are you?"), Vec::new()));
        }
        let hook = {
            let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner);
            hook.clone()
        };
        let mut act = hook.map_or(Act::Pass, |hook| hook(&call));
        loop {
            match act {
                Act::Pass => return Some(self.pass(&call)),
                Act::Drop => return None,
                Act::LoseAnswer => {
                    self.pass(&call);
                    return None;
                }
                Act::Half(gate) => {
                    let mut half = call.clone();
                    if let Some(Value::Array(operations)) = half.body.get_mut("Operations")
                        && operations.len() > 1
                    {
                        operations.truncate(1);
                        self.pass(&half);
                    }
                    gate.pass().await;
                    return None;
                }
                Act::HoldAnswer(gate) => {
                    let answer = self.pass(&call);
                    gate.pass().await;
                    return Some(answer);
                }
                Act::Answer {
                    status,
                    body,
                    headers,
                } => return Some(said(status, &body, headers)),
                Act::Hold(gate, next) => {
                    gate.pass().await;
                    act = *next;
                }
            }
        }
    }

    /// The id of the user that a path means.
    fn meant(&self, id: &str) -> String {
        let folds = self.habits.lock().unwrap().folded_ids;
        if !folds || self.books.state(id).is_some() {
            return id.to_owned();
        }
        let mut people = self.books.people().into_iter();
        let found = people.find(|(known, _)| known.eq_ignore_ascii_case(id));
        found.map_or_else(|| id.to_owned(), |(known, _)| known)
    }

    fn pass(&self, call: &Call) -> Answer {
        let habits = self.habits.lock().unwrap().clone();
        let (status, body) = service::answer(&habits, &self.books, call);
        said(status, &body, Vec::new())
    }
}

fn said(status: u16, body: &Value, headers: Vec<(&'static str, String)>) -> Answer {
    let text = match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Answer {
        status,
        headers,
        body: text,
    }
}
