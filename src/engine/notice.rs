//! The notices that the engine sends to its listeners.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Line, Settlement, UserId, Verdict};
use crate::engine::stop_reason::StopReason;
use crate::pace::Present;

/// Something that happened during a run.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The run began.
    Started(Snapshot),
    /// A user has an outcome, and it is durable.
    Settled {
        /// The roster line.
        line: Line,
        /// The user.
        user: UserId,
        /// The user's name or address, if it is known.
        name: Option<String>,
        /// How the user ended.
        settlement: Settlement,
    },
    /// A request failed, or did not bring the user closer to the goal.
    Setback {
        /// The roster line.
        line: Line,
        /// The user.
        user: UserId,
        /// What the answer meant.
        verdict: Verdict,
        /// Whether the target itself is the cause.
        fault: Fault,
        /// The provider's words, or why there are none.
        detail: Option<String>,
    },
    /// A user's unit panicked: a bug in the program.
    Panicked {
        /// The roster line.
        line: Line,
        /// The message of the panic.
        message: String,
    },
    /// The target fails for all users (an outage). The run pauses until a probe is answered.
    Outage {
        /// Its last words, or why there are none.
        why: String,
    },
    /// The target answers again.
    Recovered {
        /// How long it was out.
        after: Duration,
    },
    /// A stop was asked for. The first stop drains. The second one aborts, and so does the end of the grace.
    Stopping {
        /// Why.
        reason: StopReason,
        /// What happens to requests in flight.
        mode: StopMode,
        /// Requests in flight.
        in_flight: usize,
    },
    /// Some time has passed. Sent several times a second.
    Tick(Snapshot),
    /// The run is over.
    Ended(Snapshot),
}

/// What a stop does with requests in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// They run to their end; no other request is begun.
    Drain,
    /// They are abandoned: their users are in doubt.
    Abort,
}

/// The cause of a setback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request never left.
    Unsent,
    /// No answer came, or a server error.
    Target,
    /// The target answered, and the answer is about this user, the credential or the rate limit.
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
    /// Users of this run that failed or are in doubt.
    pub trouble_now: u64,
    /// Requests that this run has sent, sign-in not counted.
    pub requests: u64,
    /// Requests in flight.
    pub in_flight: usize,
    /// What all units wait for, if all of them wait.
    pub waiting: Option<Waiting>,
    /// How fast requests may leave at present.
    pub pace: Present,
    /// How long the run has lasted so far.
    pub elapsed: Duration,
}

/// What all units of a run wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// What it is, as a part of a sentence.
    pub why: &'static str,
    /// When the wait began, if the progress line is to show it.
    pub since: Option<Instant>,
    /// When it ends, if that is known.
    pub until: Option<Instant>,
}

/// Receives the notices of a run. Called synchronously from the dispatcher: it must neither block nor fail.
pub trait Listener {
    /// Takes one notice.
    fn on(&mut self, notice: &Notice);
}
