//! Progress for programs: a JSON object for each event, one on a line of standard error, each with its time.
//!
//! Members are added in later versions, and none is removed or gets another meaning within one `schema`.

use std::time::Duration;

use serde::Serialize;

use crate::domain::{Clock, Reason, escape_json};
use crate::engine::{Notice, Snapshot, StopMode};
use crate::screen;

/// The version of the form.
const SCHEMA: u32 = 1;

/// The time between two events about the state of the run.
const EVERY: Duration = Duration::from_secs(1);

/// One line of `--progress json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ProgressForm<'a> {
    /// The version of this form.
    schema: u32,
    /// When: RFC 3339, UTC.
    at: String,
    /// What happened.
    #[serde(flatten)]
    event: ProgressEvent<'a>,
}

/// What happened; `event` names it.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum ProgressEvent<'a> {
    /// Users are looked up for the plan: at most one event in ten seconds.
    LookUp {
        /// How they are looked up.
        method: &'a str,
        /// Requests that were sent.
        requests: u64,
        /// About how many are left.
        left: u64,
    },
    /// The run began.
    Started(RunState),
    /// The state of the run: at most one event in a second.
    Progress(RunState),
    /// A user has an outcome, which is stored.
    Settled {
        /// The line of the roster.
        line: u64,
        /// The user's id.
        user_id: &'a str,
        /// The user's name or address; null if it is not known.
        user_name: Option<&'a str>,
        /// The outcome, as in the report.
        outcome: &'static str,
        /// The code of a failure; null if there is none.
        reason: Option<&'static str>,
        /// The provider's words, or ours; null if there are none.
        detail: Option<&'a str>,
    },
    /// The target fails for all users: the run waits, and no user loses an attempt.
    Outage {
        /// How it fails.
        why: &'a str,
    },
    /// The target answers again.
    Recovered {
        /// How long it did not, in seconds.
        after_seconds: u64,
    },
    /// The run stops early.
    Stopping {
        /// Why, in words.
        reason: String,
        /// Whether requests in flight are abandoned.
        abort: bool,
        /// Requests in flight.
        in_flight: usize,
    },
    /// A bug: work for one user ended in a panic. The user is in doubt.
    Bug {
        /// The line of the roster.
        line: u64,
        /// The message of the panic.
        message: &'a str,
    },
    /// The run ended.
    Ended(RunState),
}

/// How far a run has come.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RunState {
    /// Users of the job.
    users: u64,
    /// Of these, the users that have an outcome.
    done: u64,
    /// Users with an outcome of this run.
    done_in_this_run: u64,
    /// Users that failed or are in doubt, of this run.
    trouble: u64,
    /// Requests of this run for users.
    requests: u64,
    /// Milliseconds since the run began.
    elapsed_ms: u64,
    /// What the run waits for; null if it does not wait.
    waiting_for: Option<&'static str>,
}

impl From<&Snapshot> for RunState {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            users: snapshot.users,
            done: snapshot.done,
            done_in_this_run: snapshot.done_now,
            trouble: snapshot.trouble_now,
            requests: snapshot.requests,
            elapsed_ms: u64::try_from(snapshot.elapsed.as_millis()).unwrap_or(u64::MAX),
            waiting_for: snapshot.waiting.map(|waiting| waiting.why),
        }
    }
}

/// Prints the events of one run.
#[derive(Debug)]
pub(super) struct JsonEvents {
    /// When the next event about the state is due, counted from the start of the run.
    due: Duration,
}

impl JsonEvents {
    pub(super) fn new() -> Self {
        Self { due: EVERY }
    }

    /// Prints the state of the run now.
    pub(super) fn state(snapshot: &Snapshot) {
        print(ProgressEvent::Progress(snapshot.into()));
    }

    pub(super) fn on(&mut self, notice: &Notice) {
        let event = match notice {
            Notice::Started(snapshot) => ProgressEvent::Started(snapshot.into()),
            Notice::Ended(snapshot) => ProgressEvent::Ended(snapshot.into()),
            Notice::Tick(snapshot) if snapshot.elapsed < self.due => return,
            Notice::Tick(snapshot) => {
                self.due = snapshot.elapsed + EVERY;
                ProgressEvent::Progress(snapshot.into())
            }
            Notice::Settled {
                line,
                user,
                name,
                settlement,
            } => ProgressEvent::Settled {
                line: line.0,
                user_id: user.as_str(),
                user_name: name.as_deref(),
                outcome: settlement.outcome.status().reported().as_str(),
                reason: settlement.outcome.reason().map(Reason::as_str),
                detail: settlement.detail.as_deref(),
            },
            Notice::Outage { why } => ProgressEvent::Outage { why },
            Notice::Recovered { after } => ProgressEvent::Recovered {
                after_seconds: after.as_secs(),
            },
            Notice::Stopping {
                reason,
                mode,
                in_flight,
            } => ProgressEvent::Stopping {
                reason: reason.to_string(),
                abort: *mode == StopMode::Abort,
                in_flight: *in_flight,
            },
            Notice::Panicked { line, message } => ProgressEvent::Bug {
                line: line.0,
                message,
            },
            Notice::Setback { .. } => return,
        };
        print(event);
    }
}

/// Prints how far a look-up has come.
pub(super) fn look_up(method: &str, requests: u64, left: u64) {
    print(ProgressEvent::LookUp {
        method,
        requests,
        left,
    });
}

fn print(event: ProgressEvent<'_>) {
    let form = ProgressForm {
        schema: SCHEMA,
        at: Clock::System.now().to_string(),
        event,
    };
    if let Ok(text) = serde_json::to_string(&form) {
        screen::say(&*escape_json(&text));
    }
}
