//! What a command prints after a run: the state of the job, and the commands that may come next.

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::next_command::{continuing, quote};
use crate::cli::output::{SHOWN, Terminal, TerminalVoice, chain_head, failures, totals};
use crate::domain::Status;
use crate::job::{JobResult, warn_if_undone};
use crate::ledger::{Reader, UserRow};
use crate::progress::ProgressMode;
use crate::report::{Privacy, Summary};
use crate::settings::Settings;

/// Prints the state of a job after a run, and the commands that may come next.
pub(crate) async fn print_result(
    done: &JobResult,
    settings: &Settings,
    json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    if json {
        let mut reader = Reader::open(&settings.ledger).await?;
        let summary = Summary::gather(&mut reader, &done.job, Privacy::Open).await?;
        let mut object = json!(summary);
        object["stopped"] = json!(done.stopped);
        terminal.outcome_json(&object);
    } else {
        terminal.outcome(&totals(&done.job, &done.counts, false));
        let all = done.counts.trouble();
        if all > 0 {
            // They are listed once more here, where they are not lost among other lines.
            let rows = failed_users(done, settings).await?;
            terminal.note(&failures(&rows, all));
        }
    }
    let voice = TerminalVoice::new(terminal, ProgressMode::Off);
    warn_if_undone(done.undone.as_ref(), &voice);
    if let Some(head) = &done.head {
        terminal.note(&chain_head(head.events, &head.hash));
    }
    if done.counts.open() > 0 {
        let command = continuing(&done.job.id);
        terminal.warn(&format!("to continue: {command}"));
    } else {
        terminal.note(&format!(
            "for the report: offboard report {} --ledger {} -o DIR",
            done.job.id,
            quote(&settings.ledger.to_string_lossy())
        ));
    }
    Ok(())
}

/// The first users of a job that failed or are in doubt.
pub(crate) async fn failed_users(
    done: &JobResult,
    settings: &Settings,
) -> Result<Vec<UserRow>, Failure> {
    let mut reader = Reader::open(&settings.ledger).await?;
    let trouble = Status::ALL.iter().filter(|status| status.is_trouble());
    let trouble: Vec<_> = trouble.copied().collect();
    Ok(reader.lines_with(&done.job, &trouble, SHOWN).await?)
}
