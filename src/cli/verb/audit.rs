//! `offboard audit verify`: checks the evidence, offline, in a bundle or in the ledger.

use std::path::Path;

use clap::{Args, Subcommand};

use crate::audit::{Audit, audit_bundle, audit_ledger};
use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::output::{Terminal, chain_head};
use crate::domain::{Clock, and_more, counted};
use crate::job::{ChosenJob, choose_begun};
use crate::ledger::Reader;
use crate::screen::{Paint, Painted};

/// Check evidence, offline.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// The word that follows `audit`.
#[derive(Debug, Subcommand)]
#[cfg_attr(
    not(test),
    expect(
        clippy::missing_docs_in_private_items,
        reason = "help shows the documentation of the arguments"
    )
)]
pub(crate) enum AuditCommand {
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
pub(crate) struct VerifyEvidenceArgs {
    /// The folder of a bundle, or a job: the beginning of its id, or `latest`.
    #[arg(value_name = "DIR|JOB", default_value = "latest")]
    pub(crate) subject: String,

    /// A head of the chain that was kept elsewhere: it must be one of this chain.
    #[arg(long, value_name = "HASH")]
    pub(crate) head: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

/// Faults shown to people; `--json` has more.
const SHOWN: usize = 20;

pub(crate) async fn audit(args: AuditArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let AuditCommand::Verify(args) = args.command;
    let audit = verify(&args, terminal).await?;
    if args.json {
        terminal.json(&audit)?;
    } else {
        terminal.data(to_text(&audit))?;
    }
    if audit.holds {
        return Ok(Exit::Done);
    }
    let count = audit.faults.count;
    let faults = counted(count, "fault", "faults");
    let message = format!("the evidence does not hold: {faults}");
    let hint = "get the original bundle or ledger; this one was changed after it was written";
    terminal.explain(&Failure::new(Exit::Ledger, message).hint(hint.to_owned()));
    Ok(Exit::Ledger)
}

async fn verify(args: &VerifyEvidenceArgs, terminal: Terminal) -> Result<Audit, Failure> {
    let dir = Path::new(&args.subject);
    let head = args.head.as_deref();
    if dir.is_dir() {
        return Ok(audit_bundle(dir, head)?);
    }
    if dir.is_file() {
        let message = format!("`{}` is a file", args.subject);
        let hint = "give the folder that `report -o` has written; inside it, that is `.`";
        return Err(Failure::new(Exit::Settings, message).hint(hint.to_owned()));
    }
    if args.subject.contains(std::path::is_separator) {
        let message = format!("there is no folder `{}`", args.subject);
        return Err(Failure::new(Exit::Settings, message));
    }
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    let chosen = choose_begun(&mut reader, &args.subject, Clock::System.now()).await;
    let ChosenJob { job, notes } = chosen.map_err(|error| {
        let failure = Failure::from(error);
        let what = format!("there is no folder `{}` either", args.subject);
        let hint = failure.hint.clone();
        failure.hint(hint.map_or(what.clone(), |hint| format!("{hint}; {what}")))
    })?;
    for note in &notes {
        terminal.note(note);
    }
    Ok(audit_ledger(&mut reader, &job, head).await?)
}

/// The audit, for people.
fn to_text(audit: &Audit) -> Painted {
    let mut lines = Vec::new();
    let mut add = |paint, line: String| lines.push((paint, line));
    if let Some(job) = &audit.job {
        let words = format!("job {job}, {} lines in the roster", audit.lines);
        add(Paint::Plain, words);
    }
    if let Some(head) = &audit.head {
        add(Paint::Plain, chain_head(audit.events, head));
    }
    for note in &audit.notes {
        add(Paint::Plain, format!("note: {note}"));
    }
    for fault in audit.faults.first.iter().take(SHOWN) {
        add(Paint::Bad, format!("wrong: {fault}"));
    }
    if let Some(more) = and_more(audit.faults.count, SHOWN) {
        add(Paint::Plain, format!("… {more}: see `--json`"));
    }
    if audit.holds {
        let words = "the evidence holds: chain, digests, totals and each line";
        add(Paint::Good, words.to_owned());
    }
    let mut text = Painted::default();
    for (at, (paint, line)) in lines.into_iter().enumerate() {
        if at > 0 {
            text.paint(Paint::Plain, "\n");
        }
        text.paint(paint, line);
    }
    text
}
