//! Standard output and standard error.

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::domain::escape_controls;
use crate::platform;
use crate::screen::Painted;

/// Prints one or more lines to standard output.
///
/// # Errors
/// It cannot be written.
pub(crate) fn data(text: impl Into<Painted>) -> io::Result<()> {
    let line = text.into().colored() + "\n";
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()
}

/// Prints one or more lines to standard error. A line that cannot be written is lost: there is no other place to
/// report it.
pub(crate) fn say(text: impl Into<Painted>) {
    let line = text.into().colored() + "\n";
    let _ = anstream::stderr().lock().write_all(line.as_bytes());
}

/// Prints a question to standard error, and leaves the line open for the answer.
///
/// # Errors
/// It cannot be written.
pub(crate) fn ask(question: &str) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", escape_controls(question))?;
    stderr.flush()
}

/// The stream for much data: standard output, byte for byte, or escaped if it is a terminal.
pub(crate) fn stream() -> Box<dyn Write> {
    if io::stdout().is_terminal() {
        Box::new(BufWriter::new(Cleaned::new(io::stdout())))
    } else {
        Box::new(BufWriter::new(io::stdout()))
    }
}

/// A program whose standard output is thrown away: the data of this one alone is printed there.
pub(crate) fn beside_data(program: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    command.stdout(std::process::Stdio::null());
    command
}

/// Whether standard output is a terminal.
pub(crate) fn shows_data() -> bool {
    io::stdout().is_terminal()
}

/// The stream for the log if there is no log file: standard error.
pub(crate) fn log() -> impl Write {
    Cleaned::new(io::stderr())
}

/// Whether standard error is a terminal that can move the cursor, and no CI system.
pub(crate) fn can_draw() -> bool {
    let ci = std::env::var("CI").unwrap_or_default();
    let is_ci = !matches!(ci.as_str(), "" | "0" | "false");
    io::stderr().is_terminal() && platform::moves_cursor() && !is_ci
}

/// Whether a person can be asked: standard input and standard error are terminals.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// How many characters a line of standard error has, if it is a terminal.
pub(crate) fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(width.0.into())
}

/// How many lines standard output has, if it is a terminal.
pub(crate) fn rows() -> Option<usize> {
    let (_, height) = terminal_size::terminal_size_of(io::stdout())?;
    Some(height.0.into())
}

/// A stream that escapes control characters. Bytes that are no UTF-8 become the replacement character.
#[derive(Debug)]
pub(crate) struct Cleaned<W> {
    inner: W,
    /// The first bytes of a character whose other bytes were not written yet.
    begun: Vec<u8>,
}

impl<W: Write> Cleaned<W> {
    /// A stream that writes to `inner`.
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            begun: Vec::new(),
        }
    }
}

impl<W: Write> Write for Cleaned<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let end = match std::str::from_utf8(&all) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => all.len(),
        };
        self.begun = all.split_off(end);
        let text = String::from_utf8_lossy(&all);
        self.inner.write_all(escape_controls(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned_wherever_it_is_cut() {
        let text = "é\u{1b}[31m\u{9b}x\u{202e}👩\n";
        for size in 1..text.len() {
            let mut cleaned = Cleaned::new(Vec::new());
            for piece in text.as_bytes().chunks(size) {
                cleaned.write_all(piece).unwrap();
            }
            let shown = String::from_utf8(cleaned.inner).unwrap();
            assert_eq!(shown, "é\\u{1b}[31m\\u{9b}x\\u{202e}👩\n", "{size}");
        }
        let mut cleaned = Cleaned::new(Vec::new());
        cleaned.write_all(b"a\x9b31m\xffb").unwrap();
        assert_eq!(cleaned.inner, "a\u{fffd}31m\u{fffd}b".as_bytes());
    }
}
