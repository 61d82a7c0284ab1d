//! Whether a path still leads to the file that was opened.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::ledger::LedgerError;

/// Which file it is, under whatever name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(in crate::ledger) fn of(path: &Path) -> Result<Self, LedgerError> {
        let meta = std::fs::metadata(path).map_err(|source| LedgerError::open(path, source))?;
        Ok(Self {
            device: meta.dev(),
            inode: meta.ino(),
        })
    }

    /// Checks that this file is the one at the path. A file that was deleted can be written for as long
    /// as it is open, and no reader would ever see its content.
    pub(in crate::ledger) fn is_at(self, path: &Path) -> Result<(), LedgerError> {
        match Self::of(path) {
            Ok(found) if found == self => Ok(()),
            Ok(_) => Err(LedgerError::Gone(path.to_owned())),
            Err(LedgerError::Open { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Err(LedgerError::Gone(path.to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}
