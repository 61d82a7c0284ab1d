//! What a plan adds up to, line by line.

use crate::domain::Operation;
use crate::ledger::{Job, PlanLine};
use crate::plan::plan_digest::PlanDigest;

/// The totals of a plan. All lines are added in their order.
pub(crate) struct PlanTotals {
    digest: PlanDigest,
    /// Users that it writes.
    pub(crate) to_write: u64,
    /// Of these, the users that are active, or may be.
    pub(crate) active: u64,
}

impl PlanTotals {
    /// The totals before the first line.
    pub(super) fn new(job: &Job) -> Self {
        Self {
            digest: PlanDigest::new(job),
            to_write: 0,
            active: 0,
        }
    }

    /// Adds one line and its operations; `None` if the user is not written.
    pub(super) fn take(&mut self, row: &PlanLine, operations: Option<&[Operation]>) {
        self.digest.line(row, operations);
        if operations.is_some() {
            let seen = row.before.as_ref();
            self.to_write += 1;
            self.active += u64::from(seen.is_none_or(|seen| seen.state.active != Some(false)));
        }
    }

    /// SHA-256 over all lines, in hexadecimal.
    pub(crate) fn digest(self) -> String {
        self.digest.finish()
    }
}
