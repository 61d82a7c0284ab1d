//! Whether a path still leads to the file that was opened.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::ledger::LedgerError;

/// Which file it is, under whatever name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(super) fn of(path: &Path) -> Result<Self, LedgerError> {
        let meta = std::fs::metadata(path).map_err(|source| LedgerError::open(path, source))?;
        Ok(Self {
            device: meta.dev(),
            inode: meta.ino(),
        })
    }
}
