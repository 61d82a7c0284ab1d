//! Writes a file and computes its digest at the same time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

use crate::domain::hex;
use crate::platform;

/// A file that is being written, with the digest of its bytes so far.
pub(super) struct HashedFile {
    file: BufWriter<File>,
    context: Context,
    bytes: u64,
}

/// The length and the digest of a file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileDigest {
    /// Its length.
    pub(super) bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) sha256: String,
}

impl HashedFile {
    /// Creates the file, which only its owner may read. The path must not exist.
    pub(super) fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(platform::create_private(path)?),
            context: Context::new(&SHA256),
            bytes: 0,
        })
    }

    /// Writes the rest of the buffer and returns the digest.
    pub(super) fn finish(mut self) -> std::io::Result<FileDigest> {
        self.file.flush()?;
        Ok(FileDigest {
            bytes: self.bytes,
            sha256: hex(self.context.finish().as_ref()),
        })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.context.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
