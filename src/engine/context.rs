//! What all units of a run share: the ports, the stop, and the counters that tell what everybody
//! waits for.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::domain::UserId;
use crate::engine::event::{Event, Waiting};
use crate::engine::settings::EngineSettings;
use crate::pace::Pace;

/// What all units of a run share.
#[derive(Debug)]
pub(super) struct Context<D, J> {
    pub(super) directory: Arc<D>,
    pub(super) journal: J,
    pub(super) pace: Arc<Pace>,
    pub(super) settings: EngineSettings,
    /// Whether users are given something back.
    pub(super) restores: bool,
    pub(super) drain: CancellationToken,
    pub(super) abort: CancellationToken,
    pub(super) reports: mpsc::Sender<Event>,
    /// A slot for each request that may be in flight. It is held from before the wait for leave to
    /// send until the answer is there; not between attempts, and not while the answer is made
    /// durable.
    pub(super) slots: Semaphore,
    /// One more than the newest credential that somebody was served with; 0 if none has been.
    pub(super) served: AtomicU64,
    /// A user whom the provider served in this run: whoever may read anybody may read this one.
    pub(super) known: OnceLock<UserId>,
    /// Requests sent.
    pub(super) requests: AtomicU64,
    /// Units that wait between attempts.
    pub(super) resting: AtomicUsize,
    /// Units that wait for a credential.
    pub(super) signing_in: AtomicUsize,
}

impl<D, J> Context<D, J> {
    pub(super) fn new(
        directory: Arc<D>,
        journal: J,
        pace: Arc<Pace>,
        settings: EngineSettings,
        restores: bool,
        reports: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            slots: Semaphore::new(settings.concurrency.get()),
            directory,
            journal,
            pace,
            settings,
            restores,
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
            reports,
            served: 0.into(),
            known: OnceLock::new(),
            requests: 0.into(),
            resting: 0.into(),
            signing_in: 0.into(),
        }
    }

    /// Requests that hold a slot.
    pub(super) fn in_flight(&self) -> usize {
        let slots = self.settings.concurrency.get();
        slots.saturating_sub(self.slots.available_permits())
    }

    /// What everybody waits for, if everybody does.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        if let Some(hold) = self.pace.held() {
            return Some(Waiting {
                why: hold.why,
                since: None,
                until: Some(hold.until),
            });
        }
        let why = |why| {
            Some(Waiting {
                why,
                since: None,
                until: None,
            })
        };
        let in_flight = self.in_flight();
        if self.signing_in.load(Ordering::Relaxed) >= in_flight.max(1) {
            why("signing in")
        } else if in_flight == 0 && self.resting.load(Ordering::Relaxed) > 0 {
            why("all requests failed, trying again soon")
        } else {
            None
        }
    }
}

/// Counts one unit in for as long as it lives.
pub(super) struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    pub(super) fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
