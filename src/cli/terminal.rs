//! What a command says, and to whom: data, notes, warnings, failures, questions.

use std::io::{self, BufRead, ErrorKind, Write};

use serde_json::Value;

use crate::cli::failure::Failure;
use crate::domain::{escape_json, on_one_line};
use crate::screen;

/// Where words go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    quiet: bool,
}

#[expect(
    clippy::unused_self,
    reason = "one value stands for the terminal, whatever is said to it"
)]
impl Terminal {
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Whether only data and failures are wanted.
    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Data, to standard output. A reader that has gone away is no failure.
    pub(super) fn data(self, text: &str) -> Result<(), Failure> {
        match screen::data(text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                super::Exit::Bug,
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Data as one line of JSON.
    pub(super) fn json(self, value: &Value) -> Result<(), Failure> {
        self.data(&escape_json(&value.to_string()))
    }

    /// The stream for long output. A reader that has gone away is no failure: the rest is discarded.
    pub(super) fn data_stream(self) -> impl Write {
        DataStream(screen::stream())
    }

    /// Prints data about work that is done already. If the data cannot be written, the failure is printed, and
    /// the work's own exit code stays.
    pub(super) fn outcome(self, text: &str) {
        if let Err(failure) = self.data(text) {
            self.failure(&failure);
        }
    }

    /// The same, as one line of JSON.
    pub(super) fn outcome_json(self, value: &Value) {
        self.outcome(&escape_json(&value.to_string()));
    }

    /// A note for the person, to standard error.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// What a person must hear even when nothing else is wanted.
    pub(super) fn warn(self, text: &str) {
        screen::say(text);
    }

    /// Why the command ends, and what to do next.
    pub(super) fn failure(self, failure: &Failure) {
        self.warn(&format!("error: {}", indented(&failure.message)));
        if let Some(hint) = &failure.hint {
            self.warn(&format!("hint: {}", indented(hint)));
        }
        if let Some(command) = &failure.next {
            self.warn(&format!("to continue: {command}"));
        }
    }

    /// Whether a person can be asked.
    pub(super) fn can_ask(self) -> bool {
        screen::can_ask()
    }

    /// Asks, and returns what was typed without the line's end.
    pub(super) fn ask(self, question: &str) -> io::Result<String> {
        screen::ask(question)?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Asks without showing what is typed.
    pub(super) fn ask_secret(self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(format!("{} ", on_one_line(question)))
    }
}

/// The text with its first line as it is and the others indented: none of them can pass for a line of
/// its own.
fn indented(text: &str) -> String {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| {
        let indent = if line.starts_with(' ') { "" } else { "  " };
        text + "\n" + indent + line
    })
}

/// Standard output. If its reader closes the pipe, writes succeed and the data is discarded.
struct DataStream(Box<dyn Write>);

impl Write for DataStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}
