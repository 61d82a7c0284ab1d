//! The digest of a plan: SHA-256 over the job's change, target and roster, and over every line with its
//! operations. A confirmation names this digest.

use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;

use crate::domain::{Line, Operation, hex};
use crate::ledger::{Job, PlanLine};

/// Computes the digest. All lines are added in their order.
pub(super) struct PlanDigest {
    context: Context,
    /// The text of a line. It is kept, so that its memory is used again.
    text: Vec<u8>,
}

impl PlanDigest {
    /// Starts the digest of a plan for this job. The job's id is part of it, so that the same lines in
    /// another job have another digest, and a plan is used only once.
    pub(super) fn new(job: &Job) -> Self {
        let mut this = Self {
            context: Context::new(&SHA256),
            text: Vec::new(),
        };
        let change = job.change.to_string();
        this.push(&(job.id.as_str(), &job.target, change, &job.roster_digest));
        this
    }

    /// Adds one line and its operations; `None` if the user is not written.
    pub(super) fn line(&mut self, row: &PlanLine, operations: Option<&[Operation]>) {
        let Line(line) = row.line;
        let before = row
            .before
            .as_ref()
            .map(|seen| (seen.state.active, &seen.state.workspaces));
        let operations = operations.map(|operations| {
            let words = operations.iter().map(ToString::to_string);
            words.collect::<Vec<_>>()
        });
        let status = row.status.as_str();
        self.push(&(line, &row.user_id, status, before, operations));
    }

    /// The digest in hexadecimal.
    pub(super) fn finish(self) -> String {
        hex(self.context.finish().as_ref())
    }

    /// Adds one line as a JSON array.
    fn push(&mut self, line: &impl Serialize) {
        self.text.clear();
        serde_json::to_writer(&mut self.text, line).expect("a line of plain values is JSON");
        self.text.push(b'\n');
        self.context.update(&self.text);
    }
}
