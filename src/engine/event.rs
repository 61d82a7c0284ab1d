//! The events that the engine sends to its listeners.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Line, Settlement, UserId, Verdict};
use crate::engine::stop::StopReason;
use crate::pace::Present;

/// Something that happened during a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run began.
    Started(Snapshot),
    /// A user has an outcome, and it is durable.
    Settled {
        /// The roster line.
        line: Line,
        /// The user.
        user: UserId,
        /// How the user ended.
        settlement: Settlement,
    },
    /// A request did not bring a user further.
    Setback {
        /// The roster line.
        line: Line,
        /// The user.
        user: UserId,
        /// What the answer meant.
        verdict: Verdict,
        /// Whether the target itself is to blame.
        fault: Fault,
        /// The provider's words, or why there are none.
        detail: Option<String>,
    },
    /// A user's unit failed by itself: a bug.
    Panicked {
        /// The roster line.
        line: Line,
        /// What it said.
        message: String,
    },
    /// The target fails for all users (an outage). The run pauses until a probe is answered.
    Outage {
        /// What it said last, or why it said nothing.
        why: String,
    },
    /// The target answers again.
    Recovered {
        /// How long it was out.
        after: Duration,
    },
    /// A stop was asked for. The second time, and when the grace of the first is over, requests in
    /// flight are abandoned.
    Stopping {
        /// Why.
        reason: StopReason,
        /// Whether requests in flight are abandoned.
        abort: bool,
        /// Requests in flight.
        in_flight: usize,
    },
    /// Nothing in particular: some time has passed.
    Tick(Snapshot),
    /// The run is over.
    Ended(Snapshot),
}

/// Whom a setback speaks against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request never left.
    Unsent,
    /// No answer came, or a server error.
    Target,
    /// The target answered; what it said concerns this user, or the credential, or the pace.
    Other,
}

/// The state of a run at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// All users of the job.
    pub users: u64,
    /// Users with an outcome, those of earlier runs included.
    pub done: u64,
    /// Of these, the ones of this run.
    pub done_now: u64,
    /// Users of this run who failed or are in doubt.
    pub trouble_now: u64,
    /// Requests that this run has sent, sign-in not counted.
    pub requests: u64,
    /// Requests in flight.
    pub in_flight: usize,
    /// What all units wait for, if all of them wait.
    pub waiting: Option<Waiting>,
    /// How fast requests may leave at present.
    pub pace: Present,
    /// How long the run has been going on.
    pub elapsed: Duration,
}

/// Why nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// For people.
    pub why: &'static str,
    /// Since when, if that is worth telling.
    pub since: Option<Instant>,
    /// When it ends, if that is known.
    pub until: Option<Instant>,
}

/// Receives the events of a run. Called synchronously from the dispatcher: it must neither block nor fail.
pub trait Listener {
    /// Takes note of one event.
    fn on(&mut self, event: &Event);
}
