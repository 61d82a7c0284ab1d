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
#[cfg(test)]
mod made_job;
mod mask;
mod report_options;
mod summary;
mod workbook;
mod zoned_times;

pub use bundle::{FILES, write_bundle};
pub(crate) use bundle::{Format, write_single};
pub(crate) use csv_files::{Rows, Table, cell_shows, cell_text};
pub(crate) use error::ReportError;
pub(crate) use given_back::{UndoneSummary, undone_in_words};
pub use mask::Privacy;
pub use report_options::ReportOptions;
pub(crate) use summary::RunSummary;
pub use summary::Summary;
