//! The report: from the ledger to files that a person reads and an auditor keeps.
//!
//! It reads the ledger and writes files; it never asks the provider, and it knows nothing of runs that
//! are under way beyond what the ledger holds. What each file is, and how it is checked, is said by
//! `readme.txt`, which is part of every bundle.

mod bundle;
mod cell;
mod error;
mod events;
mod hashed;
mod html;
mod manifest;
mod mask;
mod single;
mod summary;
mod table;
mod undo;
mod undone;

pub use bundle::{FILES, write_bundle};
pub use cell::{Rows, shows as cell_shows, text as cell_text};
pub use error::ReportError;
pub use mask::{MASKED, Privacy};
pub use single::{Format, write_single};
pub use summary::{ChainSummary, RunSummary, Summary};
pub use table::Table;
pub use undone::{UndoneBySummary, UndoneSummary, undone_in_words};
