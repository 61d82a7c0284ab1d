//! Progress of a job that another process works on, read from the ledger.

use indicatif::ProgressBar;

use crate::domain::grouped;
use crate::progress::bars::bar_style;
use crate::progress::{ProgressMode, Speed, progress_words};
use crate::screen;

/// The state of a job, as the ledger shows it.
#[derive(Debug, Clone)]
pub(crate) struct WatchedJob {
    /// All users of the job.
    pub users: u64,
    /// Users with an outcome.
    pub done: u64,
    /// Users who failed, or are in doubt though no request is in flight.
    pub trouble: u64,
    /// Users whose request has left and is not answered yet.
    pub in_flight: u64,
    /// How fast it goes, if a run is under way.
    pub speed: Option<Speed>,
    /// Which process works on the job, and what it does.
    pub words: String,
}

/// Shows a job while another process works on it.
#[derive(Debug)]
pub(crate) struct JobWatch {
    bar: Option<ProgressBar>,
    /// The line that was printed last: the same is not printed again.
    printed: String,
}

impl Default for JobWatch {
    fn default() -> Self {
        Self::new()
    }
}

impl JobWatch {
    /// A bar on a terminal, lines elsewhere; on standard error.
    pub(crate) fn new() -> Self {
        let is_bar = ProgressMode::Auto.shown() == ProgressMode::Bar;
        Self {
            bar: is_bar.then(|| ProgressBar::new(0)),
            printed: String::new(),
        }
    }

    /// Shows the state of the job now.
    pub(crate) fn show(&mut self, seen: &WatchedJob) {
        let mut parts = progress_words::speed(seen.speed, seen.users.saturating_sub(seen.done));
        for (users, what) in [
            (seen.in_flight, "in flight"),
            (seen.trouble, "failed or in doubt"),
        ] {
            if users > 0 {
                parts.push(format!("{} {what}", grouped(users)));
            }
        }
        let mut tail = parts.join(", ");
        if !tail.is_empty() {
            tail.push_str("; ");
        }
        tail.push_str(&seen.words);
        if let Some(bar) = &self.bar {
            bar_style::show(bar, seen.done, seen.users, &tail);
            return;
        }
        let glue = if parts.is_empty() { "; " } else { ", " };
        let text = format!(
            "{}{glue}{tail}",
            progress_words::head(seen.done, seen.users)
        );
        if text != self.printed {
            screen::say(&text);
            self.printed = text;
        }
    }

    /// Removes the bar.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
