//! The listener of a run: it shows the engine's events in one of the modes, and logs them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::{Listener, Notice};
use crate::progress::bars::RunBar;
use crate::progress::json_events::JsonEvents;
use crate::progress::plain_lines::PlainLines;
use crate::progress::speed::Pulse;
use crate::progress::{EventLog, ProgressMode, progress_words};
use crate::screen;

/// The listener of one run: progress for people, and the log.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: Shown,
    log: EventLog,
    /// Raised when the user asks for the state of the run now; lowered when it is printed.
    asked: Arc<AtomicBool>,
    pulse: Pulse,
}

#[derive(Debug)]
enum Shown {
    Bar(RunBar),
    Lines(PlainLines),
    Json(JsonEvents),
    Nothing,
}

impl Progress {
    /// Progress in the given mode, on standard error.
    pub(crate) fn new(mode: ProgressMode) -> Self {
        let shown = match mode.shown() {
            ProgressMode::Bar => Shown::Bar(RunBar::new()),
            ProgressMode::Auto | ProgressMode::Lines => Shown::Lines(PlainLines::new()),
            ProgressMode::Json => Shown::Json(JsonEvents::new()),
            ProgressMode::Off => Shown::Nothing,
        };
        Self {
            shown,
            log: EventLog,
            asked: Arc::default(),
            pulse: Pulse::default(),
        }
    }

    /// Prints the state of the run in one line whenever this flag is raised, in every mode: at the next tick, and
    /// once.
    #[must_use]
    pub(crate) fn asked_by(self, asked: Arc<AtomicBool>) -> Self {
        Self { asked, ..self }
    }

    /// Whether the progress was visible: a bar without a terminal draws nothing.
    pub(crate) fn is_seen(&self) -> bool {
        match &self.shown {
            Shown::Bar(bar) => bar.is_seen(),
            Shown::Lines(_) | Shown::Json(_) => true,
            Shown::Nothing => false,
        }
    }

    fn answer(&mut self, notice: &Notice) {
        let (Notice::Started(snapshot) | Notice::Tick(snapshot) | Notice::Ended(snapshot)) = notice
        else {
            return;
        };
        self.pulse.beat(snapshot);
        if !self.asked.swap(false, Ordering::Relaxed) {
            return;
        }
        let text = progress_words::line(snapshot, &self.pulse);
        match &self.shown {
            Shown::Bar(bar) => bar.say(&text),
            // An object of its own is not needed: each tick may have one.
            Shown::Json(_) => JsonEvents::state(snapshot),
            Shown::Lines(_) | Shown::Nothing => screen::say(&text),
        }
    }
}

impl Listener for Progress {
    fn on(&mut self, notice: &Notice) {
        self.log.on(notice);
        match &mut self.shown {
            Shown::Bar(bar) => bar.on(notice),
            Shown::Lines(lines) => lines.on(notice),
            Shown::Json(events) => events.on(notice),
            Shown::Nothing => {}
        }
        self.answer(notice);
    }
}
