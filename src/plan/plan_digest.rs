//! What a plan is known by: SHA-256 over what is asked and over every line with what is to be done.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::json;

use crate::domain::{Line, Operation, hex};
use crate::ledger::{Job, UserRow};

/// A digest in the making: all lines go in, in their order.
pub(super) struct PlanDigest(Context);

impl PlanDigest {
    /// The digest of a plan for this job. Bound to it: the same lines in another job make another
    /// plan, so that a plan is used once.
    pub(super) fn new(job: &Job) -> Self {
        let mut this = Self(Context::new(&SHA256));
        this.push(&json!([
            job.id.as_str(),
            job.target,
            job.change.to_string(),
            job.roster_digest
        ]));
        this
    }

    /// One line, and the operations that the plan has for it: nothing for who is not written.
    pub(super) fn line(&mut self, row: &UserRow, operations: Option<&[Operation]>) {
        let Line(line) = row.line;
        let before = row
            .before
            .as_ref()
            .map(|seen| json!([seen.state.active, seen.state.workspaces]));
        let operations = operations.map(|operations| {
            let words = operations.iter().map(ToString::to_string);
            words.collect::<Vec<_>>()
        });
        self.push(&json!([
            line,
            row.user_id,
            row.status.as_str(),
            before,
            operations
        ]));
    }

    /// The digest in hexadecimal.
    pub(super) fn finish(self) -> String {
        hex(self.0.finish().as_ref())
    }

    fn push(&mut self, line: &serde_json::Value) {
        self.0.update(line.to_string().as_bytes());
        self.0.update(b"\n");
    }
}
