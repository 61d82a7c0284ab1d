//! Plain lines for logs, pipes and schedulers: one every ten seconds, and one for each user that failed.

use std::time::Duration;

use crate::domain::Clock;
use crate::engine::{Notice, Snapshot};
use crate::progress::progress_words;
use crate::progress::speed::Pulse;
use crate::screen::say;

/// The line with the time of day before it, in UTC: a log that is read later has no clock beside it.
pub(super) fn with_time(text: &str) -> String {
    let now = Clock::System.now().to_string();
    let (date_and_time, _) = now.split_once('.').unwrap_or((&now, ""));
    format!("{date_and_time}Z {text}")
}

/// The time between two lines.
const EVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct PlainLines {
    pulse: Pulse,
    /// When the next line is due, counted from the start of the run.
    due: Duration,
}

impl PlainLines {
    pub(super) fn new() -> Self {
        Self {
            pulse: Pulse::default(),
            due: EVERY,
        }
    }

    pub(super) fn on(&mut self, notice: &Notice) {
        let text = match notice {
            Notice::Started(snapshot) | Notice::Ended(snapshot) => Some(self.beat(snapshot)),
            Notice::Tick(snapshot) => {
                let line = self.beat(snapshot);
                let due = snapshot.elapsed >= self.due;
                if due {
                    self.due = snapshot.elapsed + EVERY;
                }
                due.then_some(line)
            }
            Notice::Settled {
                line,
                user,
                name,
                settlement,
            } => progress_words::trouble(*line, user, name.as_deref(), settlement),
            Notice::Stopping {
                reason,
                mode,
                in_flight,
            } => Some(progress_words::stopping(reason, *mode, *in_flight)),
            Notice::Panicked { line, message } => Some(format!("line {line}: bug: {message}")),
            Notice::Outage { why } => Some(progress_words::outage(why)),
            Notice::Recovered { after } => Some(progress_words::recovered(*after)),
            Notice::Setback { .. } => None,
        };
        if let Some(text) = text {
            say(with_time(&text));
        }
    }

    fn beat(&mut self, snapshot: &Snapshot) -> String {
        self.pulse.beat(snapshot);
        progress_words::line(snapshot, &self.pulse)
    }
}
