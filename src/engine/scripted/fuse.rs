//! The moment at which a run is killed.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

/// Where a run is killed, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// A call of the journal comes, and nothing of it becomes durable.
    BeforeRecord(u64),
    /// A call of the journal has become durable, and never returns.
    AfterRecord(u64),
    /// A request is about to leave.
    BeforeSend(u64),
    /// The server has dealt with a request, and the answer is on its way.
    AfterSend(u64),
}

/// Kills one run. What is dead makes no further call: it waits for ever.
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
    pub(super) async fn blown(&self) {
        self.dead.cancelled().await;
    }

    /// Counts a call of the journal.
    pub(super) async fn record(&self) -> u64 {
        self.live().await;
        let call = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        self.meet(Cut::BeforeRecord(call)).await;
        call
    }

    /// Counts a request.
    pub(super) async fn send(&self) -> u64 {
        self.live().await;
        let call = self.sends.fetch_add(1, Ordering::SeqCst) + 1;
        self.meet(Cut::BeforeSend(call)).await;
        call
    }

    /// Dies here if this is the place.
    pub(super) async fn meet(&self, place: Cut) {
        if self.cut == Some(place) {
            self.dead.cancel();
        }
        self.live().await;
    }

    /// Goes on for ever if the run is dead.
    pub(super) async fn live(&self) {
        if self.dead.is_cancelled() {
            std::future::pending::<()>().await;
        }
    }
}
