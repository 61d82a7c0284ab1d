//! The one place that prints. Whatever is printed here is cleaned first: text from outside (names, ids,
//! a provider's words, file names, arguments) is never obeyed by a terminal.
//!
//! It knows nothing of what is said.

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::domain::escape_controls;

/// Says one or more lines on standard output.
///
/// # Errors
/// It cannot be written.
pub fn data(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", escape_controls(text))
}

/// Says one or more lines on standard error. There is nowhere to complain about one that cannot be
/// written.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", escape_controls(text));
}

/// Puts a question on standard error, and leaves the line open for the answer.
///
/// # Errors
/// It cannot be written.
pub fn ask(question: &str) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", escape_controls(question))?;
    stderr.flush()
}

/// Where much data goes: standard output, byte for byte, unless it is a terminal.
pub fn stream() -> Box<dyn Write> {
    if io::stdout().is_terminal() {
        Box::new(BufWriter::new(Cleaned::new(io::stdout())))
    } else {
        Box::new(BufWriter::new(io::stdout()))
    }
}

/// Where the log goes without a file: standard error.
pub fn log() -> impl Write {
    Cleaned::new(io::stderr())
}

/// Whether a person sees standard error, on a terminal that can move the cursor.
pub fn can_draw() -> bool {
    let is_plain = |term: &str| term.is_empty() || term == "dumb";
    let term = std::env::var("TERM").unwrap_or_default();
    let ci = std::env::var("CI").unwrap_or_default();
    let is_ci = !matches!(ci.as_str(), "" | "0" | "false");
    io::stderr().is_terminal() && !is_plain(&term) && !is_ci
}

/// Whether a person can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Text on its way, cleaned. Bytes that are no UTF-8 are written out as the replacement character.
#[derive(Debug)]
pub struct Cleaned<W> {
    inner: W,
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
}

impl<W: Write> Cleaned<W> {
    /// What is written to it goes to `inner`.
    pub fn new(inner: W) -> Self {
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
