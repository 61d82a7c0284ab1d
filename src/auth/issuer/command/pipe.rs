//! What comes out of a program, as it comes.

use std::os::fd::AsFd;

use secrecy::zeroize::Zeroizing;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest output that is kept, in bytes: far more than any token.
const LONGEST: usize = 64 * 1024;

/// Longest line that is waited for, in bytes.
const LONGEST_LINE: usize = 4096;

/// One pipe. It is read to its end, so that the program never hangs on a full one.
pub(super) struct Pipe<R> {
    /// None once it has ended.
    source: Option<R>,
    kept: Zeroizing<Vec<u8>>,
    /// Whether more came than is kept.
    overflowed: bool,
    /// How much of it was taken as lines.
    taken: usize,
}

impl<R: AsFd> Pipe<R> {
    /// Reads what is in the pipe already. The system is asked, and not the runtime, which hears of it later: what was
    /// written to this pipe before another one is read before what came there.
    pub(super) fn read_what_is_there(&mut self) {
        let mut buffer = Zeroizing::new(vec![0; 4096]);
        while let Some(source) = &self.source
            && let Ok(length @ 1..) = rustix::io::read(source.as_fd(), buffer.as_mut_slice())
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
            // Never moved, which would leave a copy behind.
            kept: Zeroizing::new(Vec::with_capacity(LONGEST)),
            overflowed: false,
            taken: 0,
        }
    }

    /// Whether more may come.
    pub(super) fn is_open(&self) -> bool {
        self.source.is_some()
    }

    /// Waits until something has come, or the end. Dropping the future loses nothing.
    pub(super) async fn read(&mut self) {
        let Some(source) = &mut self.source else {
            return;
        };
        let mut buffer = Zeroizing::new(vec![0; 4096]);
        match source.read(buffer.as_mut_slice()).await {
            // What cannot be read was not printed.
            Ok(0) | Err(_) => self.source = None,
            Ok(length) => self.keep(&buffer[..length]),
        }
    }

    /// What has come so far, and whether that is all of it.
    pub(super) fn all(&self) -> (&[u8], bool) {
        (&self.kept, !self.overflowed)
    }

    /// Whether a line has begun that was not taken yet.
    pub(super) fn has_begun_a_line(&self) -> bool {
        self.taken < self.kept.len()
    }

    /// The next line that has not been taken; one without an end only if `all` is to be taken.
    pub(super) fn next_line(&mut self, all: bool) -> Option<String> {
        let rest = &self.kept[self.taken..];
        let (line, length) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&rest[..end], end + 1),
            None if !rest.is_empty() && (all || rest.len() > LONGEST_LINE) => (rest, rest.len()),
            None => return None,
        };
        let line = String::from_utf8_lossy(line).into_owned();
        self.taken += length;
        Some(line)
    }
}
