//! Reads one output pipe of a program while the program runs.

use secrecy::zeroize::Zeroizing;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::ChildStdout;

use crate::platform;

/// The longest output that is kept, in bytes: much longer than any token.
const LONGEST: usize = 64 * 1024;

/// A longer incomplete line is shown without waiting for its end, in bytes.
const LONGEST_LINE: usize = 4096;

/// Which lines to take from a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Lines with an end.
    Complete,
    /// These, and the last one even if its end has not arrived.
    AlsoIncomplete,
}

/// One pipe. It is read to its end, so that the program never hangs on a full one.
pub(super) struct Pipe<R> {
    /// `None` after the end of the pipe.
    source: Option<R>,
    kept: Zeroizing<Vec<u8>>,
    /// Whether there was more output than is kept.
    overflowed: bool,
    /// How many bytes were taken as lines.
    taken: usize,
}

impl Pipe<ChildStdout> {
    /// Reads what is already in the pipe. So what was written to this pipe first is also read first.
    pub(super) async fn read_what_is_there(&mut self) {
        let mut buffer = Zeroizing::new(vec![0; 4096]);
        while let Some(source) = &mut self.source
            && let Ok(length @ 1..) = platform::read_what_is_there(source, &mut buffer).await
        {
            self.keep(&buffer[..length]);
        }
    }
}

impl<R> Pipe<R> {
    fn keep(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(LONGEST - self.kept.len());
        self.overflowed |= fits < bytes.len();
        self.kept.extend_from_slice(&bytes[..fits]);
    }
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    pub(super) fn new(source: Option<R>) -> Self {
        Self {
            source,
            // The full capacity is allocated at once: growing would leave a copy of a secret in memory.
            kept: Zeroizing::new(Vec::with_capacity(LONGEST)),
            overflowed: false,
            taken: 0,
        }
    }

    /// Whether more may come.
    pub(super) fn is_open(&self) -> bool {
        self.source.is_some()
    }

    /// Waits until output has arrived, or the end. Dropping the future loses no output.
    pub(super) async fn read(&mut self) {
        let Some(source) = &mut self.source else {
            return;
        };
        let mut buffer = Zeroizing::new(vec![0; 4096]);
        match source.read(buffer.as_mut_slice()).await {
            // A pipe that cannot be read counts as ended.
            Ok(0) | Err(_) => self.source = None,
            Ok(length) => self.keep(&buffer[..length]),
        }
    }

    /// The output so far, and whether nothing was left out.
    pub(super) fn all(&self) -> (&[u8], bool) {
        (&self.kept, !self.overflowed)
    }

    /// Whether there is output that was not taken as a line yet.
    pub(super) fn has_begun_a_line(&self) -> bool {
        self.taken < self.kept.len()
    }

    /// The next line that was not taken yet; an incomplete one only if `lines` says so.
    pub(super) fn next_line(&mut self, lines: Lines) -> Option<String> {
        let rest = &self.kept[self.taken..];
        let (line, length) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&rest[..end], end + 1),
            None if !rest.is_empty()
                && (lines == Lines::AlsoIncomplete || rest.len() > LONGEST_LINE) =>
            {
                (rest, rest.len())
            }
            None => return None,
        };
        let line = String::from_utf8_lossy(line).into_owned();
        self.taken += length;
        Some(line)
    }
}
