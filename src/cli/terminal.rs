//! The only place that prints, apart from progress.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};

use crate::cli::failure::Failure;

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
        match writeln!(io::stdout().lock(), "{text}") {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                super::Exit::Bug,
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Where much data goes. A reader that has gone away is no failure: the rest is written to nobody.
    pub(super) fn data_stream(self) -> impl Write {
        DataStream(io::BufWriter::new(io::stdout()))
    }

    /// Data about work that is done already: if it cannot be written, that is told, and the work's own
    /// exit code stays.
    pub(super) fn outcome(self, text: &str) {
        if let Err(failure) = self.data(text) {
            self.failure(&failure);
        }
    }

    /// A note for the person, to standard error.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// What a person must hear even when nothing else is wanted.
    pub(super) fn warn(self, text: &str) {
        // There is nowhere to complain about a standard error that cannot be written.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Why the command ends, and what to do next.
    pub(super) fn failure(self, failure: &Failure) {
        self.warn(&format!("error: {}", failure.message));
        if let Some(hint) = &failure.hint {
            self.warn(&format!("hint: {hint}"));
        }
        if let Some(command) = &failure.next {
            self.warn(&format!("to continue: {command}"));
        }
    }

    /// Whether a person can be asked.
    pub(super) fn can_ask(self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks, and returns what was typed without the line's end.
    pub(super) fn ask(self, question: &str) -> io::Result<String> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} ")?;
        stderr.flush()?;
        // Whoever is interrupted meanwhile has something to say there.
        drop(stderr);
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Asks without showing what is typed.
    pub(super) fn ask_secret(self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(format!("{question} "))
    }
}

/// Standard output, which somebody may stop reading.
struct DataStream(io::BufWriter<io::Stdout>);

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
