//! `offboard resume`: continues the latest job that is not finished.

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::json::WorkedForm;
use crate::cli::output::{Terminal, nothing_to_do};
use crate::cli::process::notifying;
use crate::cli::verb::run::{WorkArgs, WorkedBy};
use crate::domain::Clock;
use crate::job::{JobRequest, Sessions, describe_job};
use crate::ledger::{Mandate, Reader};
use crate::platform::quoted;
use crate::settings::{Grounds, Settings};

/// Continue the latest job that a run has begun and not finished.
///
/// `run` with the same roster or with the job's id does the same. A job that was only planned is not begun by this.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard resume --username admin@example.com")]
pub(crate) struct ResumeArgs {
    /// How the job is worked on.
    #[command(flatten)]
    pub(crate) work: WorkArgs,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn resume(
    args: ResumeArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    notifying(
        &args.work.end,
        terminal,
        Box::pin(work(&args, sessions, terminal)),
    )
    .await
}

async fn work(
    args: &ResumeArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<(Exit, Option<WorkedForm>), Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let target = settings.connection.scim.as_str();
    let mut reader = Reader::open(&settings.ledger).await?;
    let Some(job) = reader.unfinished_job(target).await? else {
        let ledger = &settings.ledger;
        let why = format!(
            "no run has begun an unfinished job at {target} (ledger {ledger}); \
             `offboard run ROSTER|JOB` begins one"
        );
        terminal.note(&why);
        return nothing_to_do(Exit::Done, &why, args.work.json, terminal);
    };
    if let Some(undone) = reader.parent(&job).await? {
        let failure = format!("the latest unfinished job takes back job {}", undone.id);
        let hint = format!("`offboard undo {}` continues it", undone.id);
        return Err(Failure::new(Exit::Usage, failure).hint(hint));
    }
    let runs = reader.runs(&job).await?;
    drop(reader);
    if let Some(last) = runs.iter().rfind(|run| run.kind == "run") {
        warn_of_lost_grounds(&last.mandate, &settings.grounds, terminal);
    }
    let described = describe_job(&job, Clock::System.now());
    terminal.note(format!("continuing job {described}"));
    let request = JobRequest {
        subject: job.id.as_str(),
        change: None,
        new: false,
        strict: false,
    };
    args.work
        .work(
            &request,
            WorkedBy::ThisProcess,
            &settings,
            sessions,
            terminal,
        )
        .await
}

/// Warns of grounds that the last run had and this one has not: each run is recorded with its own.
fn warn_of_lost_grounds(mandate: &Mandate, now: &Grounds, terminal: Terminal) {
    let grounds = [
        ("ticket", &mandate.ticket, &now.ticket),
        ("reason", &mandate.reason, &now.reason),
        ("approver", &mandate.approver, &now.approver),
    ];
    for (name, before, now) in grounds {
        if let (Some(before), None) = (before, now) {
            let flag = quoted(before);
            terminal.warn(&format!(
                "warning: the last run had a {name}, and this one is recorded without it: give `--{name} {flag}`"
            ));
        }
    }
}
