//! The bar on a terminal. Users that failed are printed above it.

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::domain::escape_controls;
use crate::engine::{Notice, Snapshot};
use crate::progress::bars::bar_style;
use crate::progress::progress_words;
use crate::progress::speed::Pulse;
use crate::screen;

#[derive(Debug)]
pub(in crate::progress) struct RunBar {
    bar: ProgressBar,
    pulse: Pulse,
}

impl RunBar {
    pub(in crate::progress) fn new() -> Self {
        Self::on_target(ProgressDrawTarget::stderr_with_hz(8))
    }

    fn on_target(target: ProgressDrawTarget) -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, target),
            pulse: Pulse::default(),
        }
    }

    pub(in crate::progress) fn on(&mut self, notice: &Notice) {
        match notice {
            Notice::Started(snapshot) | Notice::Tick(snapshot) => self.show(snapshot),
            Notice::Settled {
                line,
                user,
                name,
                settlement,
            } => {
                if let Some(trouble) =
                    progress_words::trouble(*line, user, name.as_deref(), settlement)
                {
                    self.above(trouble);
                }
            }
            Notice::Stopping {
                reason,
                mode,
                in_flight,
            } => self.above(progress_words::stopping(reason, *mode, *in_flight)),
            Notice::Panicked { line, message } => {
                self.above(format!("line {line}: bug: {message}"));
            }
            Notice::Ended(snapshot) => {
                self.show(snapshot);
                self.bar.abandon();
            }
            Notice::Outage { why } => self.above(progress_words::outage(why)),
            Notice::Recovered { after } => self.above(progress_words::recovered(*after)),
            Notice::Setback { .. } => {}
        }
    }

    /// Whether there is a terminal on which anything is drawn.
    pub(in crate::progress) fn is_seen(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Prints one line above the bar.
    pub(in crate::progress) fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            // Without a terminal the bar draws nothing, also no line above it.
            screen::say(text);
        } else {
            self.above(text);
        }
    }

    fn above(&self, text: impl AsRef<str>) {
        self.bar.println(escape_controls(text.as_ref()));
    }

    fn show(&mut self, snapshot: &Snapshot) {
        self.pulse.beat(snapshot);
        let tail = progress_words::tail(snapshot, &self.pulse);
        bar_style::show(&self.bar, snapshot.done, snapshot.users, &tail);
    }
}
