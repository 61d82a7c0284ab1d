//! Sends requests to a sign-in service. Each request waits for a permit of the rate limit first (P6).

use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::{Clock, Silence};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Http, Method, Outgoing, Reply, Url, header};
use crate::pace::Pace;

/// An HTTP client with the rate limit that it shares with all other requests. Clones share both.
#[derive(Debug, Clone)]
pub struct PacedClient {
    http: Http,
    pace: Arc<Pace>,
    clock: Clock,
}

/// A permit of the rate limit to send one request.
#[derive(Debug)]
pub(super) struct Permit(());

/// The reply to one request, or why there is none.
#[derive(Debug)]
pub(super) struct SignInReply {
    /// When the request was sent. A token in the reply cannot be older than this.
    pub(super) sent_at: Instant,
    /// The reply, or why there is none.
    pub(super) result: Result<Reply, Silence>,
}

impl PacedClient {
    /// A client that sends by `http` and waits for permits of `pace`. `clock` is used to read dates in
    /// replies.
    pub fn new(http: Http, pace: Arc<Pace>, clock: Clock) -> Self {
        Self { http, pace, clock }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Waits for a permit to send one request, also as long as a server has asked all requests to wait.
    pub(super) async fn permit(&self) -> Permit {
        self.pace.permit().await;
        Permit(())
    }

    /// Waits for a permit, and sends one request.
    pub(super) async fn send<const N: usize>(
        &self,
        method: Method,
        url: Url,
        headers: [(HeaderName, HeaderValue); N],
        body: Option<String>,
    ) -> SignInReply {
        let permit = self.permit().await;
        self.send_now(permit, method, url, headers, body).await
    }

    /// Sends one request, once, with a permit that was got before. Asks for JSON.
    pub(super) async fn send_now<const N: usize>(
        &self,
        _permit: Permit,
        method: Method,
        url: Url,
        headers: [(HeaderName, HeaderValue); N],
        body: Option<String>,
    ) -> SignInReply {
        let mut map = HeaderMap::with_capacity(N + 2);
        map.extend(headers);
        map.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if method == Method::POST && body.is_none() {
            // A POST without a body should say so (RFC 9110 §8.6); some gateways insist (411).
            map.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let sent_at = Instant::now();
        let outgoing = Outgoing {
            method,
            url,
            headers: map,
            body: body.as_deref(),
        };
        SignInReply {
            sent_at,
            result: self.http.exchange(&outgoing).await,
        }
    }
}
