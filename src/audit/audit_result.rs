//! What an audit has found, and why evidence cannot be audited at all.

use serde::Serialize;

use crate::audit::audit_fault::AuditFaults;
use crate::audit::checks::ChainCheck;
use crate::audit::replay::Replay;
use crate::ledger::LedgerError;

/// The version of what `--json` prints.
const SCHEMA: u32 = 1;

/// What an audit has found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Audit {
    /// The version of this form.
    pub schema: u32,
    /// The version of the program that has audited.
    pub version: &'static str,
    /// Whether nothing is wrong.
    pub holds: bool,
    /// The job, as its first event names it.
    pub job: Option<String>,
    /// Lines of the roster, as the first event has them.
    pub lines: u64,
    /// Events in the chain.
    pub events: u64,
    /// Events from before there were chains.
    pub unchained: u64,
    /// Events whose texts are masked.
    pub masked: u64,
    /// The hash of the last event.
    pub head: Option<String>,
    /// What is wrong.
    pub faults: AuditFaults,
    /// What could not be checked, and why.
    pub notes: Vec<String>,
}

/// The evidence cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Memory does not hold all lines, and a temporary file cannot be used instead.
    #[error("cannot use a temporary file: {0}")]
    Temporary(#[source] std::io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Audit {
    /// Puts together what was found.
    pub(super) fn new(chain: &ChainCheck, replay: &Replay, faults: AuditFaults) -> Self {
        let mut notes = Vec::new();
        if chain.unchained > 0 {
            notes.push(format!(
                "{} events are from before there were chains: nothing protects their texts, and \
                 where a line stands by them alone is not checked",
                chain.unchained
            ));
        }
        if chain.masked > 0 {
            notes.push(format!(
                "the texts of {} events are masked: their hashes are those of the originals, and \
                 cannot be repeated here",
                chain.masked
            ));
        }
        if chain.events > 0 && !chain.was_compared() {
            notes.push(
                "nothing from outside was compared: give `--head HASH`, as a run has printed it, to \
                 find out whether all of it was written anew"
                    .to_owned(),
            );
        }
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            holds: faults.is_empty(),
            job: replay.header().map(|header| header.job.clone()),
            lines: replay.header().map_or(0, |header| header.lines),
            events: chain.events,
            unchained: chain.unchained,
            masked: chain.masked,
            head: chain.head().map(str::to_owned),
            faults,
            notes,
        }
    }
}
