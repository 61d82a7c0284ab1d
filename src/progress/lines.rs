//! Plain lines for logs, pipes and schedulers: one every ten seconds, and one for each trouble.

use std::time::Duration;

use crate::engine::{Event, Snapshot};
use crate::progress::pulse::Pulse;
use crate::progress::text;
use crate::screen::say;

/// The time between two lines.
const EVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Lines {
    pulse: Pulse,
    /// When the next line is due, counted from the start of the run.
    due: Duration,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            pulse: Pulse::default(),
            due: EVERY,
        }
    }

    pub(super) fn on(&mut self, event: &Event) {
        let text = match event {
            Event::Started(snapshot) | Event::Ended(snapshot) => Some(self.beat(snapshot)),
            Event::Tick(snapshot) => {
                let line = self.beat(snapshot);
                let due = snapshot.elapsed >= self.due;
                if due {
                    self.due = snapshot.elapsed + EVERY;
                }
                due.then_some(line)
            }
            Event::Settled {
                line,
                user,
                settlement,
            } => text::trouble(*line, user, settlement),
            Event::Stopping {
                reason,
                mode,
                in_flight,
            } => Some(text::stopping(reason, *mode, *in_flight)),
            Event::Panicked { line, message } => Some(format!("line {line}: bug: {message}")),
            Event::Outage { why } => Some(text::outage(why)),
            Event::Recovered { after } => Some(text::recovered(*after)),
            Event::Setback { .. } => None,
        };
        if let Some(text) = text {
            say(&text);
        }
    }

    fn beat(&mut self, snapshot: &Snapshot) -> String {
        self.pulse.beat(snapshot);
        text::line(snapshot, &self.pulse)
    }
}
