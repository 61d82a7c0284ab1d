//! What can be typed for the verbs that rehearse: the sandbox by itself, and the demo.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::settings::{ProgressSettings, Span};

/// Run the built-in SCIM server by itself, for rehearsals.
#[derive(Debug, Args)]
#[command(after_help = "\
Faults are drawn from one seeded generator: `throttle=0.05`, `reset-after=0.02`, `latency=20ms`, …
Example:
  offboard sandbox --users 1000 --port 8080 --fault error500=0.1,reset-after=0.05")]
pub(in crate::cli) struct SandboxArgs {
    /// The loopback port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) port: u16,

    /// How many made users it has.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(in crate::cli) users: usize,

    /// What users and faults follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) seed: u64,

    /// Faults to inject: `none`, `mild`, `harsh`, or a list.
    #[arg(long, value_name = "FAULTS", default_value = "none")]
    pub(in crate::cli) fault: String,

    /// Users whom it refuses to change.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::cli) refused: usize,

    /// Throttle as Anaplan documents it: 600 requests, 10 more each second.
    #[arg(long)]
    pub(in crate::cli) throttle: bool,

    /// Time until a token ends.
    #[arg(long, value_name = "TIME", default_value = "35m")]
    pub(in crate::cli) token_life: Span,

    /// A PEM certificate that signs in.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) certificate: Option<PathBuf>,

    /// Approve an OAuth code by itself at this poll; without it, its address has to be opened.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) approve: Option<u32>,

    /// Give refresh tokens that are good more than once.
    #[arg(long)]
    pub(in crate::cli) no_rotation: bool,

    /// Append what is really applied to this file, a JSON line each.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) log: Option<PathBuf>,

    /// Write a roster of all its users to this file.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) roster: Option<PathBuf>,
}

/// The whole story on the sandbox: a roster with bad lines, a run under faults, the report.
///
/// Kill it half way and run it again: it continues.
#[derive(Debug, Args)]
pub(in crate::cli) struct DemoArgs {
    /// How many users the roster names.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(in crate::cli) users: usize,

    /// How bad the provider behaves.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) faults: DemoFaults,

    /// The folder for roster, ledger and report [default: offboard-demo, or the next free name].
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum DemoFaults {
    /// Everything works.
    None,
    /// About one request in twelve fails.
    #[default]
    Mild,
    /// About one request in three fails, in many ways.
    Harsh,
}
