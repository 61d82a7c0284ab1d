//! The verbs about evidence, on the command line.

use clap::{Args, Subcommand};

use crate::cli::args::sources::FileArgs;

/// Check evidence, offline.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuditCommand {
    Verify(VerifyEvidenceArgs),
}

/// Check the chain, the digests, the totals, and each line against its events.
///
/// A bundle needs no ledger. Exit code 7 if anything is wrong; what and where is said exactly.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard audit verify evidence                 (a bundle)
  offboard audit verify latest                   (what the ledger holds)
  offboard audit verify evidence --head 3f9a…    (with the head that a run has printed)")]
pub(in crate::cli) struct VerifyEvidenceArgs {
    /// The folder of a bundle, or a job: the beginning of its id, or `latest`.
    #[arg(value_name = "DIR|JOB", default_value = "latest")]
    pub(in crate::cli) subject: String,

    /// A head of the chain that was kept elsewhere: it must be one of this chain.
    #[arg(long, value_name = "HASH")]
    pub(in crate::cli) head: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}
