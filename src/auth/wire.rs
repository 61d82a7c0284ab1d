//! The way to a sign-in service: each request takes its leave of the pace first (P6).

use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::{Clock, Silence};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Http, Method, Outgoing, Reply, Url, header};
use crate::pace::Pace;

/// The client and the pace that all of a session's requests go through. Clones share both.
#[derive(Debug, Clone)]
pub struct Wire {
    http: Http,
    pace: Arc<Pace>,
    clock: Clock,
}

/// Leave of the pace to send one request.
#[derive(Debug)]
pub(super) struct Permit(());

/// What came of one request.
#[derive(Debug)]
pub(super) struct Heard {
    /// When it left: what the answer grants may have been made no earlier.
    pub(super) asked: Instant,
    /// The reply, or why none came.
    pub(super) reply: Result<Reply, Silence>,
}

impl Wire {
    /// A way for requests that go through `http` and wait for `pace`. `clock` is asked where a
    /// server speaks of dates.
    pub fn new(http: Http, pace: Arc<Pace>, clock: Clock) -> Self {
        Self { http, pace, clock }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Waits for a permit to send one request, however long the server has asked all requests to wait.
    pub(super) async fn permit(&self) -> Permit {
        self.pace.permit().await;
        Permit(())
    }

    /// Waits for leave, and sends one request.
    pub(super) async fn send<const N: usize>(
        &self,
        method: Method,
        url: Url,
        headers: [(HeaderName, HeaderValue); N],
        body: Option<String>,
    ) -> Heard {
        let permit = self.permit().await;
        self.send_now(permit, method, url, headers, body).await
    }

    /// Sends one request, once, and asks for JSON.
    pub(super) async fn send_now<const N: usize>(
        &self,
        _permit: Permit,
        method: Method,
        url: Url,
        headers: [(HeaderName, HeaderValue); N],
        body: Option<String>,
    ) -> Heard {
        let mut map = HeaderMap::with_capacity(N + 2);
        map.extend(headers);
        map.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if method == Method::POST && body.is_none() {
            // A POST without a body should say so (RFC 9110 §8.6); some gateways insist (411).
            map.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let asked = Instant::now();
        let outgoing = Outgoing {
            method,
            url,
            headers: map,
            body,
        };
        Heard {
            asked,
            reply: self.http.exchange(outgoing).await,
        }
    }
}
