//! Progress of a job that another process works on, as the ledger shows it.

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::domain::escape_controls;
use crate::progress::{ProgressMode, Speed, text};
use crate::screen;

/// How a job stands, as the ledger shows it.
#[derive(Debug, Clone)]
pub struct Watched {
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
    /// What goes on, and who is at work.
    pub words: String,
}

/// What a person sees who watches.
#[derive(Debug)]
pub struct Watching {
    bar: Option<ProgressBar>,
    /// What was said last: the same is not said again.
    said: String,
}

impl Default for Watching {
    fn default() -> Self {
        Self::new()
    }
}

impl Watching {
    /// A bar on a terminal, lines elsewhere; on standard error.
    pub fn new() -> Self {
        let is_bar = ProgressMode::Auto.shown() == ProgressMode::Bar;
        Self {
            bar: is_bar.then(bar),
            said: String::new(),
        }
    }

    /// How the job stands now.
    pub fn tell(&mut self, seen: &Watched) {
        let mut parts = text::speed(seen.speed, seen.users.saturating_sub(seen.done));
        for (users, what) in [(seen.in_flight, "in flight"), (seen.trouble, "in trouble")] {
            if users > 0 {
                parts.push(format!("{} {what}", HumanCount(users)));
            }
        }
        let mut tail = parts.join(", ");
        if !tail.is_empty() {
            tail.push_str("; ");
        }
        tail.push_str(&seen.words);
        if let Some(bar) = &self.bar {
            bar.set_length(seen.users);
            bar.set_position(seen.done);
            bar.set_message(escape_controls(&tail).into_owned());
            return;
        }
        let glue = if parts.is_empty() { "; " } else { ", " };
        let text = format!("{}{glue}{tail}", text::head(seen.done, seen.users));
        if text != self.said {
            screen::say(&text);
            self.said = text;
        }
    }

    /// There is nothing more to see.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    // As the bar of the run itself.
    let style = "{bar:24} {human_pos}/{human_len}  {wide_msg}";
    let style = ProgressStyle::with_template(style).expect("the template is valid");
    ProgressBar::new(0).with_style(style.progress_chars("█▉▊▋▌▍▎▏ "))
}
