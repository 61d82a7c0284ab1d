//! The terminal: where data, notes, warnings, failures and questions go.

use std::io::{self, BufRead, ErrorKind, Write};

use serde_json::Value;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::domain::{escape_json, on_one_line};
use crate::screen;

/// Standard output and standard error, in quiet mode or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    quiet: bool,
}

#[expect(
    clippy::unused_self,
    reason = "one value stands for the terminal, whatever is said to it"
)]
impl Terminal {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Whether only data, warnings and failures are printed.
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Data, to standard output. A reader that has gone away is no failure.
    pub(crate) fn data(self, text: &str) -> Result<(), Failure> {
        match screen::data(text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                Exit::Bug,
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Data as one line of JSON.
    pub(crate) fn json(self, value: &Value) -> Result<(), Failure> {
        self.data(&escape_json(&value.to_string()))
    }

    /// The stream for long output. A reader that has gone away is no failure: the rest is discarded.
    pub(crate) fn data_stream(self) -> impl Write {
        DataStream(screen::stream())
    }

    /// Prints data about work that is done already. If the data cannot be written, the failure is printed, and
    /// the work's own exit code stays.
    pub(crate) fn outcome(self, text: &str) {
        if let Err(failure) = self.data(text) {
            self.failure(&failure);
        }
    }

    /// The same, as one line of JSON.
    pub(crate) fn outcome_json(self, value: &Value) {
        self.outcome(&escape_json(&value.to_string()));
    }

    /// A note, to standard error; not in quiet mode.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A warning, to standard error, also in quiet mode.
    pub(crate) fn warn(self, text: &str) {
        screen::say(text);
    }

    /// Why the command ends, and what to do next.
    pub(crate) fn failure(self, failure: &Failure) {
        self.warn(&format!("error: {}", indented(&failure.message)));
        if let Some(hint) = &failure.hint {
            self.warn(&format!("hint: {}", indented(hint)));
        }
        if let Some(command) = &failure.next {
            self.warn(&format!("to continue: {command}"));
        }
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(self) -> bool {
        screen::can_ask()
    }

    /// Asks, and returns what was typed without the line's end.
    pub(crate) fn ask(self, question: &str) -> io::Result<String> {
        screen::ask(question)?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Asks without showing what is typed.
    pub(crate) fn ask_secret(self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(format!("{} ", on_one_line(question)))
    }
}

/// The text with all lines but the first indented, so that none of them looks like a line of its own.
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
