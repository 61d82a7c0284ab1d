//! The verbs that work on a job at a provider.

mod check;
mod plan;
mod retry;
mod run;
mod undo;
mod verify;

pub(super) use check::check;
pub(super) use plan::{plan, show as show_plan};
pub(super) use retry::retry;
pub(super) use run::run;
pub(super) use undo::{job as undo_job, undo};
pub(super) use verify::{look_again, verify};

use crate::cli::failure::Failure;
use crate::cli::job::{Done, command_again, quote};
use crate::cli::terminal::Terminal;
use crate::cli::totals;
use crate::domain::Status;
use crate::ledger::{Reader, Undone};
use crate::progress::ProgressMode;
use crate::report::{Privacy, Summary, undone_in_words};
use crate::settings::Settings;

/// How progress is shown, unless nothing is to be said.
fn progress(mode: ProgressMode, terminal: Terminal) -> ProgressMode {
    if terminal.is_quiet() {
        ProgressMode::Off
    } else {
        mode
    }
}

/// Prints the state of a job after a run, and the commands that may come next.
async fn tell(
    done: &Done,
    settings: &Settings,
    json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    if json {
        let mut reader = Reader::open(&settings.ledger).await?;
        let summary = Summary::gather(&mut reader, &done.job, Privacy::Open).await?;
        let mut told = serde_json::json!(summary);
        told["stopped"] = serde_json::json!(done.stopped);
        terminal.outcome_json(&told);
    } else {
        terminal.outcome(&totals::totals(&done.job, &done.counts, false));
        list_trouble(done, settings, terminal).await?;
    }
    tell_undone(done.undone.as_ref(), terminal);
    if let Some(head) = &done.head {
        terminal.note(&totals::head(head.events, &head.hash));
    }
    if done.counts.open() > 0 {
        let command = command_again(&done.job.id);
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

/// Says of a job that was undone by which job it was, and how to take access away again. The job itself
/// has nothing left to do for these users: its command would do nothing, however often it is given.
fn tell_undone(undone: Option<&Undone>, terminal: Terminal) {
    let Some(undone) = undone else { return };
    terminal.warn(&undone_in_words(undone));
    if undone.given_back > 0 {
        terminal.warn(
            "to take it away again, start a new job: `offboard run` with the roster, the same flags and \
             `--new`; it is planned and confirmed anew",
        );
    }
}

/// Lists those who are in trouble once more, where they are not lost among other lines.
async fn list_trouble(done: &Done, settings: &Settings, terminal: Terminal) -> Result<(), Failure> {
    let all = done.counts.trouble();
    if all == 0 {
        return Ok(());
    }
    let mut reader = Reader::open(&settings.ledger).await?;
    let trouble = Status::ALL.iter().filter(|status| status.is_trouble());
    let trouble: Vec<_> = trouble.copied().collect();
    let rows = reader
        .lines_with(&done.job, &trouble, totals::SHOWN)
        .await?;
    terminal.note(&totals::failures(&rows, all));
    Ok(())
}
