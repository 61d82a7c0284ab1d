//! What a command prints after a run: the state of the job, and the commands that may come next.

use std::path::Path;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{NothingForm, RunForm, UserForm, WorkedForm};
use crate::cli::next::{continuing, of_verb};
use crate::cli::output::{SHOWN, Terminal, TerminalVoice, chain_head, failures, totals};
use crate::domain::{JobId, Status, grouped};
use crate::job::{JobResult, warn_if_undone};
use crate::ledger::{Job, LedgerError, Reader, UserRow};
use crate::progress::ProgressMode;
use crate::report::{Privacy, Summary};
use crate::screen::{Paint, Painted};
use crate::settings::{EndSettings, Settings};

/// How the result of a run is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printed {
    /// Whether it is printed as JSON.
    pub(crate) json: bool,
    /// Whether the object of `--json` is made.
    with_form: bool,
}

impl Printed {
    /// As the flags of a command say: a program that is notified gets the object, too.
    pub(crate) fn new(json: bool, end: &EndSettings) -> Self {
        Self {
            json,
            with_form: json || end.notify_command.is_some(),
        }
    }
}

/// Prints the state of a job after a run, and the commands that may come next. Gives the exit code, and the object of
/// `--json` if it is wanted.
pub(crate) async fn print_result(
    done: &JobResult,
    settings: &Settings,
    printed: Printed,
    terminal: Terminal,
) -> Result<(Exit, Option<WorkedForm>), Failure> {
    let exit = Exit::from(&done.end);
    let mut reader = Reader::open(&settings.ledger).await?;
    let mut form = None;
    if printed.with_form {
        let summary = Summary::gather(&mut reader, &done.job, Privacy::Open).await?;
        form = Some(WorkedForm::Run(Box::new(RunForm {
            summary,
            exit: exit.code(),
            stopped: done.stopped.clone(),
            failures: troubled(&mut reader, &done.job, &trouble()).await?,
            failures_in_all: done.counts.trouble(),
            tolerated: done.tolerated,
            next: (done.counts.open() > 0).then(|| continuing(&done.job.id)),
        })));
    }
    if let Some(form) = form.as_ref().filter(|_| printed.json) {
        terminal.outcome_json(form);
    } else {
        terminal.outcome(totals(&done.job, &done.counts, false));
        let all = done.counts.trouble();
        if all > 0 {
            // They are listed once more here, where they are not lost among other lines.
            let rows = failed_users(done, settings).await?;
            terminal.note(failures(&rows, all, &lister(&done.job.id)));
        }
        if done.tolerated > 0 {
            let of = grouped(done.tolerated);
            terminal.note(format!("  {of} of these are tolerated (`--tolerate`)"));
        }
    }
    let voice = TerminalVoice::new(terminal, ProgressMode::Off);
    warn_if_undone(done.undone.as_ref(), &voice);
    if let Some(head) = &done.head {
        terminal.note(chain_head(head.events, &head.hash));
    }
    if done.counts.open() > 0 {
        terminal.continues(&continuing(&done.job.id));
        return Ok((exit, form));
    }
    let job = done.job.id.as_str();
    if done.counts.of(Status::Failed) > 0 && !done.job.is_undo() {
        offer(
            "to try the failed users again:",
            &of_verb("retry", job, &[]),
            terminal,
        );
    }
    // An undo is verified with the job that it takes back: what was given back is part of that job's state.
    let parent = reader.parent(&done.job).await?;
    let verified = parent.as_ref().map_or(job, |parent| parent.id.as_str());
    let reached = [Status::Removed, Status::Restored, Status::Already];
    if reached.iter().any(|status| done.counts.of(*status) > 0) {
        offer(
            "to read all users again:",
            &of_verb("verify", verified, &[]),
            terminal,
        );
    }
    let report = of_verb("report", job, &["-o", &free_folder("evidence")]);
    offer("for the report:", &report, terminal);
    Ok((exit, form))
}

/// The name, or the first with a number that no file has here: a report is written into a folder of its own.
fn free_folder(name: &str) -> String {
    let numbered = (2..1000).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| !Path::new(name).exists());
    free.unwrap_or_else(|| "DIR".to_owned())
}

/// Ends a command for which there was nothing to do. Why was said.
pub(crate) fn nothing_to_do(
    exit: Exit,
    why: &str,
    json: bool,
    terminal: Terminal,
) -> Result<(Exit, Option<WorkedForm>), Failure> {
    let form = WorkedForm::Nothing(NothingForm::new(exit, why));
    if json {
        terminal.json(&form)?;
    }
    Ok((exit, Some(form)))
}

/// Prints a command that may come next.
fn offer(words: &str, command: &str, terminal: Terminal) {
    let text = Painted::default().with(Paint::Strong, words);
    terminal.note(text.with(Paint::Plain, format!(" {command}")));
}

/// The command that lists all users of a job that failed, with words around it.
pub(crate) fn lister(job: &JobId) -> String {
    let command = of_verb("status", job.as_str(), &["--all"]);
    format!("`{command}` lists all")
}

/// So many users are in one object of JSON.
const MOST_IN_JSON: usize = 1000;

/// The first users of a job with these outcomes, for programs.
pub(crate) async fn troubled(
    reader: &mut Reader,
    job: &Job,
    outcomes: &[Status],
) -> Result<Vec<UserForm>, LedgerError> {
    let rows = reader.lines_with(job, outcomes, MOST_IN_JSON).await?;
    Ok(rows.into_iter().map(UserForm::from).collect())
}

/// The outcomes that need a look.
fn trouble() -> Vec<Status> {
    let trouble = Status::ALL.iter().filter(|status| status.is_trouble());
    trouble.copied().collect()
}

/// The first users of a job that failed or are in doubt.
pub(crate) async fn failed_users(
    done: &JobResult,
    settings: &Settings,
) -> Result<Vec<UserRow>, Failure> {
    let mut reader = Reader::open(&settings.ledger).await?;
    Ok(reader.lines_with(&done.job, &trouble(), SHOWN).await?)
}
