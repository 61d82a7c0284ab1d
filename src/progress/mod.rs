//! Progress: what a run prints for the person who waits for it.
//!
//! Listens to the engine's events and writes to standard error: a bar on a terminal, plain lines
//! elsewhere. It decides nothing, and it must neither block nor fail the run.

mod bar;
mod lines;
mod log;
mod looking;
mod pulse;
mod text;
mod watching;

pub use log::Log;
pub use looking::Looking;
pub use pulse::{Speed, WINDOW};
pub use text::{speed_in_words, why};
pub use watching::{Watched, Watching};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::{Event, Listener};
use crate::screen;
use bar::Bar;
use lines::Lines;
use pulse::Pulse;

/// What a person wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal that can draw one, lines elsewhere (`CI` is set, or `TERM` is not).
    #[default]
    Auto,
    /// A bar.
    Bar,
    /// A line every ten seconds.
    Lines,
    /// Nothing.
    Off,
}

impl ProgressMode {
    /// What is shown where standard error is what it is now: never `Auto`.
    fn shown(self) -> Self {
        match self {
            Self::Auto if screen::can_draw() => Self::Bar,
            Self::Auto => Self::Lines,
            other => other,
        }
    }
}

/// The listener of one run: progress for people, and the log.
#[derive(Debug)]
pub struct Progress {
    shown: Shown,
    log: Log,
    /// Raised when the user asks for the state of the run now; lowered when it is printed.
    asked: Arc<AtomicBool>,
    pulse: Pulse,
}

#[derive(Debug)]
enum Shown {
    Bar(Bar),
    Lines(Lines),
    Nothing,
}

impl Progress {
    /// Progress in the given mode, on standard error.
    pub fn new(mode: ProgressMode) -> Self {
        let shown = match mode.shown() {
            ProgressMode::Bar => Shown::Bar(Bar::new()),
            ProgressMode::Auto | ProgressMode::Lines => Shown::Lines(Lines::new()),
            ProgressMode::Off => Shown::Nothing,
        };
        Self {
            shown,
            log: Log,
            asked: Arc::default(),
            pulse: Pulse::default(),
        }
    }

    /// Says in one line how things stand whenever this flag is raised, in whatever mode: within a
    /// tick, and once.
    #[must_use]
    pub fn asked_by(self, asked: Arc<AtomicBool>) -> Self {
        Self { asked, ..self }
    }

    /// Whether the progress was visible: a bar without a terminal draws nothing.
    pub fn is_seen(&self) -> bool {
        match &self.shown {
            Shown::Bar(bar) => bar.is_seen(),
            Shown::Lines(_) => true,
            Shown::Nothing => false,
        }
    }

    fn answer(&mut self, event: &Event) {
        let (Event::Started(snapshot) | Event::Tick(snapshot) | Event::Ended(snapshot)) = event
        else {
            return;
        };
        self.pulse.beat(snapshot);
        if !self.asked.swap(false, Ordering::Relaxed) {
            return;
        }
        let text = text::line(snapshot, &self.pulse);
        match &self.shown {
            Shown::Bar(bar) => bar.say(&text),
            Shown::Lines(_) | Shown::Nothing => screen::say(&text),
        }
    }
}

impl Listener for Progress {
    fn on(&mut self, event: &Event) {
        self.log.on(event);
        match &mut self.shown {
            Shown::Bar(bar) => bar.on(event),
            Shown::Lines(lines) => lines.on(event),
            Shown::Nothing => {}
        }
        self.answer(event);
    }
}
