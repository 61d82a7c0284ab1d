//! The errors of writing a report.

use std::path::PathBuf;

use crate::files::FileError;
use crate::ledger::LedgerError;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder exists and is not empty, or the path is not a folder.
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
    /// A file of the bundle cannot get its final name.
    #[error(transparent)]
    File(#[from] FileError),
    /// Writing to an open file fails.
    #[error("cannot write the report: {0}")]
    Flush(#[from] std::io::Error),
    /// The workbook cannot be written.
    #[error("cannot write the workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger has too few or too many rows. All rows are read in one snapshot, so no other process is the
    /// cause.
    #[error("the ledger is damaged: it holds {rows} rows for the {lines} lines of the roster")]
    Damaged {
        /// How many rows were found.
        rows: u64,
        /// How many lines the roster has.
        lines: u64,
    },
}
