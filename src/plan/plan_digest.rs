//! The digest of a plan: SHA-256 over the job's change, target and roster, and over every line with its
//! operations. A confirmation names this digest.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::json;

use crate::domain::{Line, Operation, hex};
use crate::ledger::{Job, UserRow};

/// Computes the digest. All lines are added in their order.
pub(super) struct PlanDigest(Context);

impl PlanDigest {
    /// Starts the digest of a plan for this job. The job's id is part of it, so that the same lines in
    /// another job have another digest, and a plan is used only once.
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

    /// Adds one line and its operations; `None` if the user is not written.
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
