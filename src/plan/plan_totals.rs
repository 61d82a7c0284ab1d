//! What a plan adds up to, line by line.

use crate::domain::Operation;
use crate::ledger::PlanLine;

/// The totals of a plan.
#[derive(Debug, Default)]
pub(crate) struct PlanTotals {
    /// Users that it writes.
    pub(crate) to_write: u64,
    /// Of these, the users that are active, or may be.
    pub(crate) active: u64,
}

impl PlanTotals {
    /// Adds one line and its operations; `None` if the user is not written.
    pub(super) fn take(&mut self, row: &PlanLine, operations: Option<&[Operation]>) {
        if operations.is_some() {
            let seen = row.before.as_ref();
            self.to_write += 1;
            self.active += u64::from(seen.is_none_or(|seen| seen.state.active != Some(false)));
        }
    }
}
