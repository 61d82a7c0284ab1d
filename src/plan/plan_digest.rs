//! What the digest of a plan covers beside its lines: the job, and what one write can do at the provider. The lines are
//! added by the ledger. A confirmation names the digest.

use serde_json::json;

use crate::domain::{Division, Means};
use crate::ledger::Job;

/// The text with which the digest of a plan begins. The job's id is part of it, so that the same lines in another job
/// have another digest, and a plan is used only once. The operations for a user follow from this text and from what
/// the ledger holds of the line.
pub(crate) fn plan_header(job: &Job, means: &Means) -> String {
    let division = match means.division {
        Division::Together => "together",
        Division::ByAttribute => "by attribute",
        Division::ByWorkspace => "by workspace",
    };
    json!([
        job.id.as_str(),
        job.target,
        job.change.to_string(),
        job.roster_digest,
        [
            json!(means.ids.as_str()),
            json!(means.most_workspaces),
            json!(division),
            json!(means.from_read),
        ],
    ])
    .to_string()
}
