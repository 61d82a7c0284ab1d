//! `offboard audit verify`: does the evidence hold? Offline, on a bundle or on the ledger.

use std::path::Path;

use crate::audit::{Audit, AuditError, audit_bundle, audit_ledger};
use crate::cli::args::{AuditArgs, AuditCommand, VerifyEvidenceArgs};
use crate::cli::failure::Failure;
use crate::cli::look::selector;
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, totals};
use crate::ledger::Reader;

/// Faults shown to people; `--json` has more.
const SHOWN: usize = 20;

pub(super) async fn audit(args: AuditArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let AuditCommand::Verify(args) = args.command;
    let audit = verify(&args).await?;
    if args.json {
        terminal.json(&serde_json::json!(audit))?;
    } else {
        terminal.data(&told(&audit))?;
    }
    if audit.holds {
        return Ok(Exit::Done);
    }
    let count = audit.faults.count;
    let message = format!("the evidence does not hold: {count} faults");
    Err(Failure::new(Exit::Ledger, message)
        .hint("get the original bundle or ledger; whoever changed this one can say why".to_owned()))
}

async fn verify(args: &VerifyEvidenceArgs) -> Result<Audit, Failure> {
    let dir = Path::new(&args.subject);
    let head = args.head.as_deref();
    if dir.is_dir() {
        return Ok(audit_bundle(dir, head)?);
    }
    if args.subject.contains('/') {
        let message = format!("there is no folder `{}`", args.subject);
        return Err(Failure::new(Exit::Settings, message));
    }
    let selector = selector(&args.subject)?;
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    let job = reader.select_job(&selector).await?;
    Ok(audit_ledger(&mut reader, &job, head).await?)
}

/// The audit, for people.
fn told(audit: &Audit) -> String {
    let mut lines = Vec::new();
    if let Some(job) = &audit.job {
        lines.push(format!("job {job}, {} lines in the roster", audit.lines));
    }
    if let Some(head) = &audit.head {
        lines.push(totals::head(audit.events, head));
    }
    lines.extend(audit.notes.iter().map(|note| format!("note: {note}")));
    for fault in audit.faults.first.iter().take(SHOWN) {
        lines.push(format!("wrong: {fault}"));
    }
    let more = audit.faults.count.saturating_sub(SHOWN as u64);
    if more > 0 {
        lines.push(format!("… and {more} more: see `--json`"));
    }
    if audit.holds {
        lines.push("the evidence holds: chain, digests, totals and each line".to_owned());
    }
    lines.join("\n")
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Ledger(error) => error.into(),
            AuditError::Read { .. } => Self::new(Exit::Settings, error),
        }
    }
}
