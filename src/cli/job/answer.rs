//! A person's answer to a question, for which no signal is kept waiting.

use std::io;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::terminal::Terminal;
use crate::engine::Signal;

/// What came first.
#[derive(Debug)]
pub(super) enum Answer {
    /// What was typed, or why nothing can be.
    Typed(io::Result<String>),
    /// A signal.
    Signal(Signal),
}

/// Asks, and listens to signals meanwhile. The terminal is then still being read from, until the
/// process ends.
pub(super) async fn answer(
    terminal: Terminal,
    question: String,
    signals: &mut mpsc::Receiver<Signal>,
) -> Answer {
    let mut asking = JoinSet::new();
    asking.spawn_blocking(move || terminal.ask(&question));
    tokio::select! {
        Some(signal) = signals.recv() => {
            // What comes next begins on a line of its own.
            terminal.warn("");
            Answer::Signal(signal)
        }
        typed = asking.join_next() => Answer::Typed(match typed {
            Some(Ok(typed)) => typed,
            Some(Err(error)) => Err(io::Error::other(error)),
            None => unreachable!("one question was asked"),
        }),
    }
}
