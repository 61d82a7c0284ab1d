//! Progress of a look-up: how many requests it has taken, and how many are left.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use crate::progress::plain_lines::with_time;
use crate::progress::{ProgressMode, json_events};
use crate::screen;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Before the first answer, when nothing can be counted yet.
const BEGUN: &str = "{spinner} looking users up";

/// It fits into 60 columns.
const COUNTED: &str = "{spinner} {msg}: {pos} of {len} requests, {eta} left";

/// Shows a look-up until it is dropped.
#[derive(Debug)]
pub(crate) struct LookUpProgress {
    bar: Option<ProgressBar>,
    /// When the next line is due; `None` if no lines are printed.
    due: Option<Instant>,
    /// Whether the lines are JSON.
    is_json: bool,
}

impl LookUpProgress {
    /// Progress in the given mode, on standard error.
    pub(crate) fn new(mode: ProgressMode) -> Self {
        let lines = || Some(Instant::now() + EVERY);
        let (bar, due) = match mode.shown() {
            ProgressMode::Bar => (Some(bar()), None),
            ProgressMode::Off => (None, None),
            ProgressMode::Auto | ProgressMode::Lines | ProgressMode::Json => (None, lines()),
        };
        Self {
            bar,
            due,
            is_json: mode == ProgressMode::Json,
        }
    }

    /// Shows that so many requests were sent, and that about so many are left. `method` is the code of what is done,
    /// and `words` say it.
    pub(crate) fn show(&mut self, method: &str, words: &'static str, requests: u64, left: u64) {
        if let Some(bar) = &self.bar {
            bar.set_style(style(COUNTED));
            bar.set_length(requests + left);
            bar.set_position(requests);
            bar.set_message(words);
        }
        let now = Instant::now();
        if self.due.is_some_and(|due| due <= now) {
            self.due = Some(now + EVERY);
            if self.is_json {
                json_events::look_up(method, requests, left);
            } else {
                screen::say(with_time(&format!(
                    "{words}: {requests} requests, about {left} left"
                )));
            }
        }
    }
}

impl Drop for LookUpProgress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(5);
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(style(BEGUN));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template's names are those of indicatif")
}
