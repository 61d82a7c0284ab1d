//! Opens a roster file, and computes the digest by which a job recognises it.
//!
//! The digest is computed over the bytes as they are on disk, in the same pass that reads them. Nothing here knows
//! what the bytes mean.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

use crate::roster::error::RosterErrorKind;

/// Bytes that are read at a time for a digest alone.
const BUFFER: usize = 256 * 1024;

/// The digest and the size of a roster that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// SHA-256 of the file's raw bytes, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// How many records there are, accepted and rejected, without the header.
    pub records: u64,
}

/// Opens a regular file. A folder, pipe, socket or device is refused.
pub(in crate::roster) fn open_regular(path: &Path) -> Result<File, RosterErrorKind> {
    // Checked before opening, since opening a pipe waits for a writer, and again after it, since the path may name
    // another file by then.
    refuse_irregular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    refuse_irregular(&file.metadata()?)?;
    Ok(file)
}

fn refuse_irregular(metadata: &Metadata) -> Result<(), RosterErrorKind> {
    if metadata.is_dir() {
        Err(RosterErrorKind::Directory)
    } else if metadata.is_file() {
        Ok(())
    } else {
        Err(RosterErrorKind::NotRegular)
    }
}

/// The digest of the bytes so far. It is shared with the stream that feeds it, because the decoder around that
/// stream gives no access to it.
#[derive(Clone)]
pub(in crate::roster) struct RunningDigest(Arc<Mutex<(Context, u64)>>);

impl RunningDigest {
    fn add(&self, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.update(bytes);
        state.1 += bytes.len() as u64;
    }

    /// The digest of the bytes that were read so far.
    pub(in crate::roster) fn digest(&self, records: u64) -> Digest {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sha256 = String::with_capacity(64);
        for byte in state.0.clone().finish().as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Digest {
            sha256,
            bytes: state.1,
            records,
        }
    }
}

/// SHA-256 of a regular file's raw bytes, in lower-case hexadecimal digits.
pub(in crate::roster) fn digest_of_file(path: &Path) -> Result<String, RosterErrorKind> {
    let (mut input, tally) = Digested::new(open_regular(path)?);
    let mut buffer = vec![0; BUFFER];
    while input.read(&mut buffer)? > 0 {}
    Ok(tally.digest(0).sha256)
}

/// A stream that adds the bytes it reads to a digest.
pub(in crate::roster) struct Digested<R> {
    inner: R,
    tally: RunningDigest,
}

impl<R: Read> Digested<R> {
    pub(in crate::roster) fn new(inner: R) -> (Self, RunningDigest) {
        let tally = RunningDigest(Arc::new(Mutex::new((Context::new(&SHA256), 0))));
        let digested = Self {
            inner,
            tally: tally.clone(),
        };
        (digested, tally)
    }
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                // The csv crate stops at any error, even at one that only asks to try again.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.tally.add(&buffer[..count]);
                    return Ok(count);
                }
            }
        }
    }
}
