//! What can be wrong when a report is written.

use std::path::PathBuf;

use crate::files::FileError;
use crate::ledger::LedgerError;

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Something is there already.
    #[error("`{0}` exists and is not an empty folder")]
    Occupied(PathBuf),
    /// A file or folder cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the bundle may not have its name.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was begun cannot be written on.
    #[error("cannot write the report: {0}")]
    Flush(#[from] std::io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Rows are missing, or are too many. All is read at one moment: it is no other process.
    #[error("the ledger is damaged: it holds {rows} rows for the {lines} lines of the roster")]
    Damaged {
        /// Rows found.
        rows: u64,
        /// Lines of the roster.
        lines: u64,
    },
}
