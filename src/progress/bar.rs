//! The bar on a terminal. Users that failed are printed above it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::domain::escape_controls;
use crate::engine::{Notice, Snapshot};
use crate::progress::progress_words;
use crate::progress::speed::Pulse;
use crate::screen;

#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    pulse: Pulse,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self::on_target(ProgressDrawTarget::stderr_with_hz(8))
    }

    fn on_target(target: ProgressDrawTarget) -> Self {
        let style = ProgressStyle::with_template("{bar:24} {human_pos}/{human_len}  {wide_msg}")
            .expect("the template is valid")
            .progress_chars("█▉▊▋▌▍▎▏ ");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Self {
            bar,
            pulse: Pulse::default(),
        }
    }

    pub(super) fn on(&mut self, notice: &Notice) {
        match notice {
            Notice::Started(snapshot) | Notice::Tick(snapshot) => self.show(snapshot),
            Notice::Settled {
                line,
                user,
                settlement,
            } => {
                if let Some(trouble) = progress_words::trouble(*line, user, settlement) {
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
    pub(super) fn is_seen(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Prints one line above the bar.
    pub(super) fn say(&self, text: &str) {
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
        self.bar.set_length(snapshot.users);
        self.bar.set_position(snapshot.done);
        let tail = progress_words::tail(snapshot, &self.pulse);
        self.bar.set_message(escape_controls(&tail).into_owned());
    }
}
