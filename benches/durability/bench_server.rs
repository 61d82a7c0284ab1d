//! A SCIM server that costs little: it lists and patches the users of a tenant in memory, on a thread of its
//! own. It must know nothing of the program, so that both cannot be wrong in the same way.
//!
//! It is not the sandbox of the program, which keeps records of each request and injects faults: that takes
//! more time than the requests that are measured.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::Failed;

/// The most users in one page of a list.
const PAGE: usize = 100;

/// The largest body of a request.
const LARGEST_BODY: usize = 64 * 1024;

/// The id of a user by its number, which begins with 1.
pub(crate) fn user_id(number: usize) -> String {
    format!("{number:032x}")
}

/// A server that answers as long as this process lives.
#[derive(Debug)]
pub(crate) struct BenchServer {
    /// The SCIM base URL.
    pub(crate) base: String,
    /// What the thread of the server answers from.
    tenant: Arc<Tenant>,
}

/// What the server has seen since [`BenchServer::begin`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Requests.
    pub(crate) requests: usize,
    /// When the first request arrived.
    pub(crate) first_request: Option<Duration>,
    /// When the first PATCH arrived.
    pub(crate) first_write: Option<Duration>,
}

impl BenchServer {
    /// Starts a server with so many users on a free local port.
    pub(crate) fn start(users: usize) -> Result<Self, Failed> {
        let tenant = Arc::new(Tenant::new(users));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let base = format!("http://{}/scim", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let routes = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&tenant));
        std::thread::spawn(move || {
            runtime.block_on(async {
                // An answer is one small packet: it does not wait for more to send.
                let listener = TcpListener::from_std(listener)?.tap_io(|connection| {
                    let _ = connection.set_nodelay(true);
                });
                axum::serve(listener, routes).await
            })
        });
        Ok(Self { base, tenant })
    }

    /// Gives all users their access back.
    pub(crate) fn restore(&self) {
        for user in &self.tenant.removed {
            user.store(false, Relaxed);
        }
    }

    /// Begins to count anew, with answers that take so long.
    pub(crate) fn begin(&self, latency_ms: u64) {
        let tenant = &self.tenant;
        tenant.latency_ms.store(latency_ms, Relaxed);
        tenant.writes_left.store(usize::MAX, Relaxed);
        for count in [&tenant.requests, &tenant.held] {
            count.store(0, Relaxed);
        }
        for time in [&tenant.first_request, &tenant.first_write] {
            time.store(0, Relaxed);
        }
        let begun = micros(tenant.started.elapsed());
        tenant.begun.store(begun, Relaxed);
    }

    /// Answers no PATCH after so many more; the connections stay open.
    pub(crate) fn hold_after(&self, writes: usize) {
        self.tenant.writes_left.store(writes, Relaxed);
    }

    /// The number of PATCH requests that are not answered.
    pub(crate) fn held(&self) -> usize {
        self.tenant.held.load(Relaxed)
    }

    /// The number of users without access.
    pub(crate) fn removed(&self) -> usize {
        let removed = self.tenant.removed.iter();
        removed.filter(|user| user.load(Relaxed)).count()
    }

    /// The number of users.
    pub(crate) fn users(&self) -> usize {
        self.tenant.removed.len()
    }

    /// What has arrived since it began to count.
    pub(crate) fn seen(&self) -> Seen {
        let begun = self.tenant.begun.load(Relaxed);
        let since = |time: &AtomicU64| match time.load(Relaxed) {
            0 => None,
            at => Some(Duration::from_micros(at.saturating_sub(begun))),
        };
        Seen {
            requests: self.tenant.requests.load(Relaxed),
            first_request: since(&self.tenant.first_request),
            first_write: since(&self.tenant.first_write),
        }
    }
}

/// The users, how they are answered, and what has arrived. All moments are microseconds since `started`.
#[derive(Debug)]
struct Tenant {
    /// For each user, whether a PATCH has removed the access.
    removed: Vec<AtomicBool>,
    /// How long an answer takes.
    latency_ms: AtomicU64,
    /// How many more PATCH requests are answered.
    writes_left: AtomicUsize,
    /// How many PATCH requests were not.
    held: AtomicUsize,
    /// How many requests have arrived.
    requests: AtomicUsize,
    /// When this server was started.
    started: Instant,
    /// When it began to count.
    begun: AtomicU64,
    /// When the first request arrived; 0 if none has.
    first_request: AtomicU64,
    /// When the first PATCH arrived; 0 if none has.
    first_write: AtomicU64,
}

impl Tenant {
    /// A tenant whose users all have access.
    fn new(users: usize) -> Self {
        Self {
            removed: std::iter::repeat_with(AtomicBool::default)
                .take(users)
                .collect(),
            latency_ms: AtomicU64::new(0),
            writes_left: AtomicUsize::new(usize::MAX),
            held: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            started: Instant::now(),
            begun: AtomicU64::new(0),
            first_request: AtomicU64::new(0),
            first_write: AtomicU64::new(0),
        }
    }

    /// Notes this moment as the first of its kind, if it is.
    fn note_first(&self, time: &AtomicU64) {
        if time.load(Relaxed) == 0 {
            time.store(micros(self.started.elapsed()), Relaxed);
        }
    }

    /// Whether one more PATCH is answered. All requests are on one thread.
    fn takes_write(&self) -> bool {
        let left = self.writes_left.load(Relaxed);
        if left == 0 {
            self.held.fetch_add(1, Relaxed);
            return false;
        }
        self.writes_left.store(left - 1, Relaxed);
        true
    }

    /// The number of the user that a path names, if there is one.
    fn user(&self, path: &str) -> Option<usize> {
        let (_, id) = path.split_once("/Users/")?;
        let number = usize::from_str_radix(id, 16).ok()?;
        (1..=self.removed.len()).contains(&number).then_some(number)
    }

    /// Appends a user as JSON.
    fn write_user(&self, number: usize, out: &mut String) -> std::fmt::Result {
        let removed = self.removed[number - 1].load(Relaxed);
        write!(
            out,
            r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"{number:032x}","userName":"person{number}@example.com","name":{{"familyName":"Person{number}","givenName":"Ada"}},"displayName":"Ada Person{number}","emails":[{{"value":"person{number}@example.com","type":"work","primary":true}}],"active":{},"entitlements":["#,
            !removed
        )?;
        if !removed {
            let (first, second) = (1 + number % 7, 100 + number % 5);
            write!(
                out,
                r#"{{"value":"{first:032x}","type":"WORKSPACE"}},{{"value":"{second:032x}","type":"WORKSPACE"}}"#
            )?;
        }
        write!(
            out,
            r#"],"meta":{{"resourceType":"User","created":"2021-01-01T00:00:00Z","lastModified":"2024-01-01T00:00:00Z","location":"/Users/{number:032x}"}}}}"#
        )
    }

    /// Appends the page of the list that a query asks for.
    fn write_page(&self, query: &str, out: &mut String) -> std::fmt::Result {
        let number = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(key, _)| *key == name)?;
            value.parse::<usize>().ok()
        };
        let total = self.removed.len();
        let start = number("startIndex").unwrap_or(1).max(1);
        let end = (start + number("count").unwrap_or(PAGE).min(PAGE)).min(total + 1);
        let found = end.saturating_sub(start);
        write!(
            out,
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{total},"startIndex":{start},"itemsPerPage":{found},"Resources":["#
        )?;
        for number in start..end {
            if number > start {
                out.push(',');
            }
            self.write_user(number, out)?;
        }
        out.push_str("]}");
        Ok(())
    }
}

/// Answers one request.
async fn answer(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    tenant.requests.fetch_add(1, Relaxed);
    tenant.note_first(&tenant.first_request);
    let is_write = request.method() == Method::PATCH;
    if is_write {
        tenant.note_first(&tenant.first_write);
    }
    let latency = tenant.latency_ms.load(Relaxed);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let (parts, body) = request.into_parts();
    let mut out = String::with_capacity(1024);
    let path = parts.uri.path();
    let written = if let Some(number) = tenant.user(path) {
        if is_write {
            if !tenant.takes_write() {
                std::future::pending::<()>().await;
            }
            if to_bytes(body, LARGEST_BODY).await.is_ok() {
                tenant.removed[number - 1].store(true, Relaxed);
            }
        }
        tenant.write_user(number, &mut out).is_ok()
    } else if path.ends_with("/Users") {
        let query = parts.uri.query().unwrap_or_default();
        tenant.write_page(query, &mut out).is_ok()
    } else {
        false
    };
    let mut response = Response::new(Body::from(out));
    if written {
        let kind = header::HeaderValue::from_static("application/scim+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// A length of time in microseconds.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
