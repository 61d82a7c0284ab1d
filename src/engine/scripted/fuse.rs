//! The kill of a run: at which call it happens, and what happens to later calls.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

/// Where a run is killed, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// At a call of the journal, before anything of it is durable.
    BeforeRecord(u64),
    /// When a call of the journal has become durable, before it returns.
    AfterRecord(u64),
    /// Before a request leaves.
    BeforeSend(u64),
    /// When the server has handled a request, before the answer arrives.
    AfterSend(u64),
}

/// Kills one run. A killed run makes no further call: the call waits for ever.
#[derive(Debug)]
pub(crate) struct Fuse {
    cut: Option<Cut>,
    records: AtomicU64,
    sends: AtomicU64,
    dead: CancellationToken,
}

impl Fuse {
    pub(super) fn new(cut: Option<Cut>) -> Self {
        Self {
            cut,
            records: 0.into(),
            sends: 0.into(),
            dead: CancellationToken::new(),
        }
    }

    /// Resolves when the run is dead.
    pub(super) async fn killed(&self) {
        self.dead.cancelled().await;
    }

    /// Counts a call of the journal.
    pub(super) async fn record(&self) -> u64 {
        self.wait_if_dead().await;
        let call = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        self.kill_at(Cut::BeforeRecord(call)).await;
        call
    }

    /// Counts a request.
    pub(super) async fn send(&self) -> u64 {
        self.wait_if_dead().await;
        let call = self.sends.fetch_add(1, Ordering::SeqCst) + 1;
        self.kill_at(Cut::BeforeSend(call)).await;
        call
    }

    /// Kills the run if `place` is where it is to be killed.
    pub(super) async fn kill_at(&self, place: Cut) {
        if self.cut == Some(place) {
            self.dead.cancel();
        }
        self.wait_if_dead().await;
    }

    /// Waits for ever if the run is dead.
    pub(super) async fn wait_if_dead(&self) {
        if self.dead.is_cancelled() {
            std::future::pending::<()>().await;
        }
    }
}
