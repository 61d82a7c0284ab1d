//! The report: reads a job from the ledger and writes the files that a person reads and an auditor keeps.
//!
//! It never asks the provider. Of a run that is under way it knows only what the ledger holds.
//! `bundle/readme.txt`, which is part of every bundle, says what each file holds and how to check it.

mod bundle;
mod chart;
mod csv_files;
mod error;
mod events;
mod figures;
mod given_back;
mod html;
mod mask;
mod summary;

pub use bundle::{FILES, Format, write_bundle, write_single};
pub use csv_files::{Rows, Table, cell_shows, cell_text};
pub use error::ReportError;
pub use given_back::{UndoneBySummary, UndoneSummary, undone_in_words};
pub use mask::Privacy;
pub use summary::{ChainSummary, RunSummary, Summary};
