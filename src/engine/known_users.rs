//! What a run has learned about its users, to distinguish a failure of one user from a failure of the target
//! or of the account.
//!
//! When one user fails, a unit reads another user that does not: these are the users to choose from.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::UserId;
use crate::engine::notice::Fault;

/// A user whose last request failed because of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    /// A unit still works on the user.
    Open,
    /// The user was given up: the failures are its own.
    GivenUp,
}

/// See the module.
#[derive(Debug)]
pub(super) struct KnownUsers {
    /// A user that the provider has shown in this run: an account that may read any user may read this
    /// one.
    shown: OnceLock<UserId>,
    /// A user that the plan has seen, if it has seen any.
    seen_by_plan: Option<UserId>,
    /// Users whose last request failed because of the target.
    failing: Mutex<HashMap<UserId, Failing>>,
    /// When a user was first given back because the target answered no question.
    out_since: Mutex<HashMap<UserId, Instant>>,
    /// How long an outage may last.
    longest_outage: Duration,
}

impl KnownUsers {
    /// Nothing is known but a user that the plan has seen, if it has seen any.
    pub(super) fn new(seen_by_plan: Option<UserId>, longest_outage: Duration) -> Self {
        Self {
            shown: OnceLock::new(),
            seen_by_plan,
            failing: Mutex::default(),
            out_since: Mutex::default(),
            longest_outage,
        }
    }

    /// The provider has shown this user.
    pub(super) fn note_shown(&self, user: &UserId) {
        // Another unit may have been quicker; one user is enough.
        let _ = self.shown.set(user.clone());
    }

    /// A user that the provider has shown in this run.
    pub(super) fn shown(&self) -> Option<&UserId> {
        self.shown.get()
    }

    /// A user that the plan has seen.
    pub(super) fn seen_by_plan(&self) -> Option<&UserId> {
        self.seen_by_plan.as_ref()
    }

    /// Takes note of how a request for a user ended.
    pub(super) fn note_end_of_request(&self, user: &UserId, fault: Fault) {
        let mut failing = self.failing();
        if fault == Fault::Target {
            failing.insert(user.clone(), Failing::Open);
        } else if !failing.is_empty() {
            failing.remove(user);
        }
    }

    /// A user to ask the target about: it was shown before, it fits, and it does not fail at present.
    pub(super) fn not_failing(&self, fits: impl Fn(&UserId) -> bool) -> Option<UserId> {
        let failing = self.failing();
        let known = self.shown.get().into_iter().chain(&self.seen_by_plan);
        let mut known = known.filter(|user| fits(user) && !failing.contains_key(user));
        known.next().cloned()
    }

    /// Whether the last request for this user failed because of the target.
    pub(super) fn is_failing(&self, user: &UserId) -> bool {
        self.failing().contains_key(user)
    }

    /// Whether another user than this one fails because of the target, and was not given up.
    pub(super) fn fails_for_others(&self, user: &UserId) -> bool {
        let failing = self.failing();
        let mut others = failing.iter().filter(|(other, _)| *other != user);
        others.any(|(_, state)| *state == Failing::Open)
    }

    /// The user is given up: the failures are its own.
    pub(super) fn note_given_up(&self, user: &UserId) {
        if let Some(state) = self.failing().get_mut(user) {
            *state = Failing::GivenUp;
        }
    }

    /// Whether the user was given back before because the target answered no question.
    pub(super) fn was_out_before(&self, user: &UserId) -> bool {
        self.out_since().contains_key(user)
    }

    /// Takes note that a user goes back because the target answers no question. Returns whether that has
    /// gone on for longer than an outage may last, though other requests were answered in between.
    pub(super) fn note_given_back(&self, user: &UserId) -> bool {
        let mut since = self.out_since();
        let first = *since.entry(user.clone()).or_insert_with(Instant::now);
        first.elapsed() >= self.longest_outage
    }

    fn failing(&self) -> MutexGuard<'_, HashMap<UserId, Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn out_since(&self) -> MutexGuard<'_, HashMap<UserId, Instant>> {
        self.out_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
