//! What a job leaves behind for an auditor: anyone can check it offline, and each change to it is found
//! (P9).

mod altered_bundle;
mod altered_ledger;
mod bundle_contents;
mod generated_job;
mod interrupted_job;
mod large_bundle;
mod older_ledgers;
mod readme_script;
mod redacted_bundle;
