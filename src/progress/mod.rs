//! Progress: what a run tells the person who waits for it.
//!
//! Listens to the engine's events and writes to standard error: a bar on a terminal, plain lines
//! elsewhere. It decides nothing, and it must neither block nor fail the run.

mod bar;
mod lines;
mod log;
mod pulse;
mod text;

pub use log::Log;

use std::io::IsTerminal;

use crate::engine::{Event, Listener};
use bar::Bar;
use lines::Lines;

/// What a person wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// A bar.
    Bar,
    /// A line every ten seconds.
    Lines,
    /// Nothing.
    Off,
}

/// The listener of one run: progress for people, and the log.
#[derive(Debug)]
pub struct Progress {
    shown: Shown,
    log: Log,
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
        let shown = match mode {
            ProgressMode::Auto if std::io::stderr().is_terminal() => Shown::Bar(Bar::new()),
            ProgressMode::Bar => Shown::Bar(Bar::new()),
            ProgressMode::Auto | ProgressMode::Lines => Shown::Lines(Lines::new()),
            ProgressMode::Off => Shown::Nothing,
        };
        Self { shown, log: Log }
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
    }
}
