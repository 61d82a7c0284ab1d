//! The port for whoever watches a worker: whether it works, whether it has its ledger, and its metrics.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::worker::metrics::WorkerMetrics;

/// The media type of the text of `OpenMetrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// It answers until it is dropped.
#[derive(Debug)]
pub(crate) struct HealthServer {
    address: SocketAddr,
    _task: JoinSet<io::Result<()>>,
}

impl HealthServer {
    /// Begins to listen on this address.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub(crate) async fn start(
        address: SocketAddr,
        metrics: Arc<WorkerMetrics>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let routes = Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(show))
            .with_state(metrics);
        let mut task = JoinSet::new();
        task.spawn(axum::serve(listener, routes).into_future());
        Ok(Self {
            address,
            _task: task,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn ready(State(metrics): State<Arc<WorkerMetrics>>) -> (StatusCode, &'static str) {
    if metrics.is_connected() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "waiting for the ledger\n")
    }
}

async fn show(State(metrics): State<Arc<WorkerMetrics>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], metrics.text())
}
