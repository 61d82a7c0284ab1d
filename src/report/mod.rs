//! The report: from the ledger to files that a person reads and an auditor keeps.
//!
//! It reads the ledger and writes files; it never asks the provider, and it knows nothing of runs that
//! are under way beyond what the ledger holds.

mod bundle;
mod cell;
mod summary;
mod table;

pub use bundle::{ReportError, write_bundle};
pub use cell::safe as safe_cell;
pub use summary::Summary;
