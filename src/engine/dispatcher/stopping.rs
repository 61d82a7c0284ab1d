//! How far a stop has gone. It only moves forward: from running to draining, from draining to aborting.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::stop_reason::StopReason;

/// The stages of a stop, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Users are claimed and worked on.
    Running,
    /// No request is begun any more, and waits end. Requests in flight run to their end.
    Drain,
    /// Requests in flight are abandoned; their users are in doubt.
    Abort,
}

/// The stop of a run: its stage, its reason, and when its grace ends.
#[derive(Debug)]
pub(super) struct Stopping {
    stage: Stage,
    reason: Option<StopReason>,
    /// When requests in flight are abandoned; `None` if never, or if they are abandoned already.
    grace_until: Option<Instant>,
}

impl Stopping {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Running,
            reason: None,
            grace_until: None,
        }
    }

    /// Whether no stop was asked for yet.
    pub(super) fn is_running(&self) -> bool {
        self.stage == Stage::Running
    }

    /// Why the run stops, if it does.
    pub(super) fn reason(&self) -> Option<&StopReason> {
        self.reason.as_ref()
    }

    /// When requests in flight are to be abandoned, if they are.
    pub(super) fn grace_until(&self) -> Option<Instant> {
        self.grace_until
    }

    /// A stop was asked for: requests in flight may go on for `grace`.
    pub(super) fn drain(&mut self, reason: StopReason, grace: Duration) {
        self.stage = self.stage.max(Stage::Drain);
        self.reason = Some(reason);
        // A grace too long for the clock never ends.
        self.grace_until = Instant::now().checked_add(grace);
    }

    /// Requests in flight are abandoned from now on.
    pub(super) fn abort(&mut self) {
        self.stage = Stage::Abort;
        self.grace_until = None;
    }
}
