//! The terminal: where data, notes, warnings, failures and questions go.

use std::io::{self, BufRead, ErrorKind, Write};

use serde::Serialize;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::FailureForm;
use crate::cli::next::{IS_HIDDEN, has_hidden};
use crate::domain::{escape_json, on_one_line};
use crate::screen::{self, Paint, Painted};

/// Standard output and standard error, in quiet mode or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    quiet: bool,
    /// Whether failures are data too, as JSON.
    is_json: bool,
}

#[expect(
    clippy::unused_self,
    reason = "one value stands for the terminal, whatever is said to it"
)]
impl Terminal {
    pub(crate) fn new(quiet: bool, is_json: bool) -> Self {
        Self { quiet, is_json }
    }

    /// Whether only data, warnings and failures are printed.
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Data, to standard output. A reader that has gone away is no failure.
    pub(crate) fn data(self, text: impl Into<Painted>) -> Result<(), Failure> {
        match screen::data(text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                Exit::Bug,
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether data goes to a terminal, where a person sees it.
    pub(crate) fn is_data_seen(self) -> bool {
        screen::shows_data()
    }

    /// Data as one line of JSON.
    pub(crate) fn json(self, form: &impl Serialize) -> Result<(), Failure> {
        self.data(json_text(form)?)
    }

    /// The stream for long output. A reader that has gone away is no failure: the rest is discarded.
    pub(crate) fn data_stream(self) -> impl Write {
        DataStream(screen::stream())
    }

    /// Prints data about work that is done already. If the data cannot be written, the failure is printed, and
    /// the work's own exit code stays.
    pub(crate) fn outcome(self, text: impl Into<Painted>) {
        if let Err(failure) = self.data(text) {
            self.explain(&failure);
        }
    }

    /// The same, as one line of JSON.
    pub(crate) fn outcome_json(self, form: &impl Serialize) {
        match json_text(form) {
            Ok(text) => self.outcome(text),
            Err(failure) => self.explain(&failure),
        }
    }

    /// A note, to standard error; not in quiet mode.
    pub(crate) fn note(self, text: impl Into<Painted>) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// What a quiet command says too, to standard error.
    pub(crate) fn say(self, text: impl Into<Painted>) {
        screen::say(text);
    }

    /// A warning, to standard error, also in quiet mode. The word that it begins with, such as `warning:`, stands out.
    pub(crate) fn warn(self, text: &str) {
        self.say(with_first_word(text));
    }

    /// Why the command ends, and what to do next. With `--json` it is printed as data too: the only object of the
    /// command.
    pub(crate) fn failure(self, failure: &Failure) {
        self.explain(failure);
        if self.is_json
            && let Err(failure) = self.json(&FailureForm::from(failure))
        {
            self.explain(&failure);
        }
    }

    /// The same for people alone, where the data of the command is printed already.
    pub(crate) fn explain(self, failure: &Failure) {
        self.warn(&format!("error: {}", indented(&failure.message)));
        if let Some(hint) = &failure.hint {
            self.warn(&format!("hint: {}", indented(hint)));
        }
        if let Some(command) = &failure.next {
            self.continues(command);
        }
    }

    /// The command that continues a job.
    pub(crate) fn continues(self, command: &str) {
        self.warn(&format!("{CONTINUES} {command}"));
        if has_hidden(command) {
            self.warn(IS_HIDDEN);
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

/// What precedes the command that continues a job.
const CONTINUES: &str = "to continue:";

/// The text, with the word that it begins with in a colour if that says what the text is.
fn with_first_word(text: &str) -> Painted {
    for (word, paint) in [
        ("error:", Paint::Bad),
        ("warning:", Paint::Caution),
        ("hint:", Paint::Good),
        (CONTINUES, Paint::Strong),
    ] {
        if let Some(rest) = text.strip_prefix(word) {
            return Painted::default()
                .with(paint, word)
                .with(Paint::Plain, rest);
        }
    }
    text.into()
}

/// A form as one line of JSON.
fn json_text(form: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(form);
    let text = text.map_err(|error| Failure::new(Exit::Bug, format!("no JSON: {error}")))?;
    Ok(escape_json(&text).into_owned())
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
