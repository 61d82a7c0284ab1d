//! How a test steps in: for each request it says what is done with it, and it can hold a request until
//! it opens a gate. Nothing here waits for a time to pass.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::books::Call;

/// What is done with one request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// The provider answers.
    Pass,
    /// This is the answer, and nothing else happens.
    Answer {
        status: u16,
        body: Value,
        headers: Vec<(&'static str, String)>,
    },
    /// The connection is closed; nothing happens.
    Drop,
    /// The request takes effect, and the connection is closed.
    LoseAnswer,
    /// Something else once the gate is open.
    Hold(Gate, Box<Act>),
    /// The first operation of a write takes effect; once the gate is open, the connection is closed.
    Half(Gate),
    /// The provider answers, and the answer is kept back until the gate is open.
    HoldAnswer(Gate),
}

impl Act {
    /// A refusal in SCIM's words (RFC 7644 §3.12).
    pub(crate) fn refuse(status: u16, detail: &str) -> Self {
        Self::Answer {
            status,
            body: refusal(status, detail),
            headers: Vec::new(),
        }
    }

    /// 429 with a `Retry-After` of so many seconds.
    pub(crate) fn throttle(seconds: u32) -> Self {
        Self::Answer {
            status: 429,
            body: refusal(429, "slow down"),
            headers: vec![("Retry-After", seconds.to_string())],
        }
    }

    /// Something else once the gate is open.
    pub(crate) fn after(self, gate: &Gate) -> Self {
        Self::Hold(gate.clone(), Box::new(self))
    }
}

/// A refusal in SCIM's words.
pub(super) fn refusal(status: u16, detail: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(),
        "detail": detail,
    })
}

/// Closed until it is opened, then open for ever.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn opened() -> Self {
        let gate = Self::closed();
        gate.open();
        gate
    }

    pub(crate) fn open(&self) {
        self.0.close();
    }

    /// Waits until the gate is open.
    pub(super) async fn pass(&self) {
        // It has no permits: the only end of this wait is that it is closed.
        let _ = self.0.acquire().await;
    }
}

/// What a test says to each request.
pub(super) type Hook = Arc<dyn Fn(&Call) -> Act + Send + Sync>;
