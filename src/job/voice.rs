//! What a job says and asks, without knowing where the words go.
//!
//! The command line is one voice: it prints to standard error and asks at the terminal. Tests and the benchmark
//! have their own.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::engine::{Listener, Signal};
use crate::lookup::LookUpStatus;

/// How often a number may be typed.
const TRIES: usize = 3;

/// What a job says and asks.
pub trait Voice: Send + Sync {
    /// Reports something that a quiet command may leave out.
    fn note(&self, text: &str);

    /// Reports something that is never left out.
    fn warn(&self, text: &str);

    /// Whether a person is there to answer questions.
    fn can_ask(&self) -> bool;

    /// Asks a question, and returns the line that was typed, trimmed. It blocks until there is one.
    ///
    /// # Errors
    /// The question cannot be shown, or the answer cannot be read.
    fn ask(&self, question: &str) -> io::Result<String>;

    /// Asks for a secret: what is typed is not shown.
    ///
    /// # Errors
    /// There is no terminal, or it cannot be set to hide what is typed.
    fn ask_secret(&self, question: &str) -> io::Result<String>;

    /// Starts to listen to the signals that stop a job. Until then a signal ends the process, as it does by
    /// default.
    ///
    /// # Errors
    /// The system does not let the process handle a signal.
    fn listen(&self) -> io::Result<Signals>;

    /// The progress of a look-up that begins now. It is called after each request, and dropped when the
    /// look-up ends.
    fn look_up_progress(&self) -> Box<dyn FnMut(LookUpStatus)>;

    /// The progress of a run that begins now.
    fn run_progress(&self) -> Box<dyn RunProgress>;

    /// Asks for this very number, and lets a mistyped one be typed again, `TRIES` times in all. A number that is
    /// not typed in the end, and an empty line, which is how a person says no, give `false`.
    ///
    /// # Errors
    /// As [`Voice::ask`]; another text is not an error.
    fn ask_exactly(&self, question: &str, expected: u64) -> io::Result<bool> {
        for tries_left in (0..TRIES).rev() {
            let typed = self.ask(question)?;
            if number(&typed) == Some(expected) {
                return Ok(true);
            }
            if typed.is_empty() {
                break;
            }
            if tries_left > 0 {
                self.warn("that is another number; an empty line stops here");
            }
        }
        Ok(false)
    }

    /// Asks for a yes. Anything but `y` and `yes` is a no.
    ///
    /// # Errors
    /// As [`Voice::ask`].
    fn ask_yes(&self, question: &str) -> io::Result<bool> {
        let typed = self.ask(question)?.to_lowercase();
        Ok(matches!(typed.as_str(), "y" | "yes"))
    }
}

/// The progress of one run.
pub trait RunProgress: Listener {
    /// Whether the progress is visible. If it is not, the job itself reports why a run stopped early.
    fn is_seen(&self) -> bool;
}

/// The signals that stop a job, from the moment at which listening began.
#[derive(Debug)]
pub struct Signals {
    receiver: mpsc::Receiver<Signal>,
    _listeners: JoinSet<()>,
}

impl Signals {
    /// Signals come from `receiver`. The tasks that send them are stopped when this is dropped.
    pub fn new(receiver: mpsc::Receiver<Signal>, listeners: JoinSet<()>) -> Self {
        Self {
            receiver,
            _listeners: listeners,
        }
    }

    /// The next signal. It waits forever if none can come any more.
    pub async fn next(&mut self) -> Signal {
        match self.receiver.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }

    /// The channel, for the engine.
    pub(super) fn receiver(&mut self) -> &mut mpsc::Receiver<Signal> {
        &mut self.receiver
    }
}

/// What came first after a question.
#[derive(Debug)]
pub(super) enum Answered<T> {
    /// The answer, or why there can be none.
    Given(io::Result<T>),
    /// A signal.
    Signal(Signal),
}

/// Asks on a thread of its own, so that a signal is heard while the question is open. After a signal the thread
/// goes on waiting for a line until the process ends.
pub(super) async fn ask<T: fmt::Debug + Send + 'static>(
    voice: &Arc<dyn Voice>,
    signals: &mut Signals,
    question: impl FnOnce(&dyn Voice) -> io::Result<T> + Send + 'static,
) -> Answered<T> {
    let mut asking = JoinSet::new();
    let asked = Arc::clone(voice);
    asking.spawn_blocking(move || question(asked.as_ref()));
    tokio::select! {
        signal = signals.next() => {
            // What is printed next begins on a line of its own.
            voice.warn("");
            Answered::Signal(signal)
        }
        typed = asking.join_next() => Answered::Given(match typed {
            Some(Ok(typed)) => typed,
            Some(Err(error)) => Err(io::Error::other(error)),
            None => unreachable!("one question was asked"),
        }),
    }
}

/// The number that was typed: digits, which may be grouped by commas or blanks.
fn number(typed: &str) -> Option<u64> {
    let digits = typed.replace([',', ' '], "");
    let number = digits.parse().ok();
    number.filter(|number: &u64| number.to_string() == digits)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_typed_exactly() {
        for (typed, expected) in [
            ("812", Some(812)),
            ("1,234", Some(1234)),
            ("12 345", Some(12345)),
            ("", None),
            ("+7", None),
            ("007", None),
            ("7 users", None),
        ] {
            assert_eq!(number(typed), expected, "{typed:?}");
        }
    }
}
