//! Starts and stops one sandbox: the socket, the routes, the task that serves.
//!
//! The [`Sandbox`] owns the serving task; only the [`Books`] can be used after it. It must not know how any
//! call is answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::sandbox::connection::{BreakableListener, ConnectionSwitch};
use crate::sandbox::fault::fault_settings::FaultKind;
use crate::sandbox::middleware::gate;
use crate::sandbox::record::sandbox_books::Books;
use crate::sandbox::route::{self, SCIM_BASE};
use crate::sandbox::sandbox_settings::SandboxSettings;
use crate::sandbox::scim_api::list::list_call;
use crate::sandbox::scim_api::scim_answer::Refusal;
use crate::sandbox::scim_api::{discovery, user_calls};
use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::token::{oauth_calls, token_calls};

/// How long open requests may take to end when the sandbox stops.
const GRACE: Duration = Duration::from_secs(2);

/// A running sandbox. It serves until it is stopped or dropped.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<SandboxState>,
    address: SocketAddr,
    tasks: JoinSet<io::Result<()>>,
}

impl Sandbox {
    /// Binds, then serves on a task of its own. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The address cannot be bound, or the log file cannot be created.
    pub async fn start(settings: SandboxSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.bind).await?;
        let address = listener.local_addr()?;
        let world = SandboxState::new(settings, format!("http://{address}"))?;
        let app = router(&world).into_make_service_with_connect_info::<ConnectionSwitch>();
        let stopped = world.stop.clone().cancelled_owned();
        let serve = axum::serve(BreakableListener(listener), app).with_graceful_shutdown(stopped);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve.into_future());
        Ok(Self {
            world,
            address,
            tasks,
        })
    }

    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The base of the SCIM calls, such as `http://127.0.0.1:4321/scim/1/0/v2`.
    pub fn scim_url(&self) -> String {
        format!("{}{SCIM_BASE}", self.world.root)
    }

    /// The base of the token service, such as `http://127.0.0.1:4321`.
    pub fn auth_url(&self) -> String {
        self.world.root.clone()
    }

    /// The record of what the sandbox did; readable after the stop.
    pub fn books(&self) -> Books {
        Books(Arc::clone(&self.world))
    }

    /// Revokes all tokens at once, as an administrator might. A new sign-in works.
    pub fn revoke_tokens(&self) {
        hold(&self.world.tokens).revoke_all();
    }

    /// Approves (or declines) every OAuth code that waits for a person; returns how many.
    pub fn decide_codes(&self, approve: bool) -> usize {
        hold(&self.world.grants).decide_all(approve)
    }

    /// The next writes to one user meet these faults, one each, instead of a drawn fault.
    ///
    /// An id that is not 32 hex digits is the id of no user and is ignored.
    pub fn plan_faults(&self, id: &str, kinds: impl IntoIterator<Item = FaultKind>) {
        if let Some(id) = route::number(id) {
            hold(&self.world.dice).plan(id, kinds);
        }
    }

    /// Accepts no more requests, ends all waits, and returns when all open requests have ended, or after
    /// two seconds.
    pub async fn stop(mut self) {
        self.world.stop.cancel();
        if tokio::time::timeout(GRACE, self.tasks.join_next())
            .await
            .is_err()
        {
            tracing::debug!("a connection to the sandbox was still open at its stop");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Dropping the tasks closes the listener only; this closes the connections.
        self.world.stop.cancel();
    }
}

fn router(world: &Arc<SandboxState>) -> Router {
    let scim = Router::new()
        .route("/Users", get(list_call::list))
        .route(
            "/Users/{id}",
            get(user_calls::get)
                .patch(user_calls::patch)
                .put(user_calls::put)
                .delete(user_calls::delete),
        )
        .route(
            "/ServiceProviderConfig",
            get(discovery::service_provider_config),
        )
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/Schemas", get(discovery::schemas));
    Router::new()
        .nest(SCIM_BASE, scim)
        .route("/token/authenticate", post(token_calls::authenticate))
        .route("/token/refresh", post(token_calls::refresh))
        .route("/token/validate", get(token_calls::validate))
        .route("/token/logout", post(token_calls::logout))
        .route("/oauth/device/code", post(oauth_calls::device_code))
        .route("/oauth/token", post(oauth_calls::token))
        .route("/activate", get(oauth_calls::activate))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "no such endpoint"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
        })
        .layer(from_fn_with_state(Arc::clone(world), gate))
        .with_state(Arc::clone(world))
}
