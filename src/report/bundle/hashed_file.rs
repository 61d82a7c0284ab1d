//! Files that are hashed while they are written.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

use crate::domain::hex;
use crate::files;

/// A file on its way, with what is needed to name its digest at the end.
pub(super) struct HashedFile {
    file: BufWriter<File>,
    context: Context,
    bytes: u64,
}

/// What a file that was written is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileDigest {
    /// Its length.
    pub(super) bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) sha256: String,
}

impl HashedFile {
    /// Makes the file for its owner alone. It must not be there.
    pub(super) fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(files::create(path)?),
            context: Context::new(&SHA256),
            bytes: 0,
        })
    }

    /// Writes what is left, and names the digest.
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
