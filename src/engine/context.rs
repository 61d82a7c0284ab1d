//! What all units of a run share: the ports, the stop, and the counters that show what all units wait for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::{Answer, UserId};
use crate::engine::event::{Event, Fault, Waiting};
use crate::engine::settings::{EngineSettings, Work};
use crate::engine::stop::StopReason;
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
    /// One more than the number of the newest credential with which a request was served; 0 if none was.
    pub(super) served: AtomicU64,
    /// A user that the provider has shown in this run: an account that may read any user may read this
    /// one.
    pub(super) known: OnceLock<UserId>,
    /// A user that the plan has seen, if it has seen any.
    pub(super) seen_by_plan: Option<UserId>,
    /// Users whose last request failed for the target's sake; true for those that were not given up.
    failing: Mutex<HashMap<UserId, bool>>,
    /// Since when a user has been given back because the target answered no question.
    out_since: Mutex<HashMap<UserId, Instant>>,
    /// Until when the target may answer nothing but 429, since it has answered nothing else lately.
    throttled_until: Mutex<Option<Instant>>,
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
        work: &Work,
        reports: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            slots: Semaphore::new(settings.concurrency.get()),
            directory,
            journal,
            pace,
            settings,
            restores: work.restores,
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
            reports,
            served: 0.into(),
            known: OnceLock::new(),
            seen_by_plan: work.known.clone(),
            failing: Mutex::default(),
            out_since: Mutex::default(),
            throttled_until: Mutex::default(),
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

    /// Takes note of how a request for a user ended.
    pub(super) fn note_failing(&self, user: &UserId, fault: Fault) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if fault == Fault::Target {
            failing.insert(user.clone(), true);
        } else if !failing.is_empty() {
            failing.remove(user);
        }
    }

    /// A user to ask the target about, that was shown before and does not fail at present.
    pub(super) fn not_failing(&self, fits: impl Fn(&UserId) -> bool) -> Option<UserId> {
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.get().into_iter().chain(&self.seen_by_plan);
        let mut known = known.filter(|user| fits(user) && !failing.contains_key(user));
        known.next().cloned()
    }

    /// Whether the last request for this user failed for the target's sake.
    pub(super) fn is_failing(&self, user: &UserId) -> bool {
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        failing.contains_key(user)
    }

    /// Whether another user than this one fails for the target's sake, and was not given up.
    pub(super) fn fails_for_others(&self, user: &UserId) -> bool {
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = failing.iter().filter(|(_, open)| **open);
        open.any(|(other, _)| other != user)
    }

    /// The user is given up: the failures are its own.
    pub(super) fn note_given_up(&self, user: &UserId) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = failing.get_mut(user) {
            *open = false;
        }
    }

    /// Whether the user was given back before because the target answered no question.
    pub(super) fn was_out_before(&self, user: &UserId) -> bool {
        let since = self
            .out_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        since.contains_key(user)
    }

    /// Takes note that a user goes back because the target answers no question. Says whether that has gone
    /// on for longer than an outage may take, though other requests were answered in between.
    pub(super) fn is_out_for_too_long(&self, user: &UserId) -> bool {
        let mut since = self
            .out_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = *since.entry(user.clone()).or_insert_with(Instant::now);
        first.elapsed() >= self.settings.limits.outage
    }

    /// Takes note of an answer. A reason to stop if the target has answered nothing but 429 for longer
    /// than an outage may take; the wait that the first of them asked for does not count.
    pub(super) fn throttled_for_too_long(&self, answer: &Answer) -> Option<StopReason> {
        let until = &self.throttled_until;
        let mut until = until.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.status != 429 {
            *until = None;
            return None;
        }
        let Some(until) = *until else {
            let allowed = answer.wait.unwrap_or_default();
            let allowed = allowed.saturating_add(self.settings.limits.outage);
            *until = Instant::now().checked_add(allowed);
            return None;
        };
        (Instant::now() >= until).then(|| {
            let words = answer.words();
            let words = words.map_or_else(String::new, |words| format!(": {words}"));
            StopReason::Outage(format!("the server answers nothing but 429{words}"))
        })
    }

    /// What all units wait for, if all of them wait.
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
