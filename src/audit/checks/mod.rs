//! The checks of an audit: each compares one part of the evidence with the replayed events.

mod chain_check;
mod manifest_check;
mod table_check;
mod totals_check;
mod undo_check;

pub(super) use chain_check::ChainCheck;
pub(super) use manifest_check::{MANIFEST, SUMS, StatedManifest, check_sums};
pub(super) use table_check::TableCheck;
pub(super) use totals_check::check_totals;
pub(super) use undo_check::UndoCheck;
