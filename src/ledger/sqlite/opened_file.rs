//! Whether a path still leads to the file that was opened.

use std::io::ErrorKind;
use std::path::Path;

use crate::ledger::LedgerError;
use crate::platform::FileId;

/// The file of a ledger that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct OpenedFile(FileId);

impl OpenedFile {
    pub(in crate::ledger) fn of(path: &Path) -> Result<Self, LedgerError> {
        let id = FileId::at(path).map_err(|source| LedgerError::open(path, source))?;
        Ok(Self(id))
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
