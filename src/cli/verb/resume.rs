//! `offboard resume`: continues the latest job that is not finished.

use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::{ConfirmArgs, SettingsArgs};
use crate::cli::failure::Failure;
use crate::cli::output::{Terminal, TerminalVoice, print_result};
use crate::job::{self, JobRequest, RunOptions, Sessions, Setup};
use crate::ledger::Reader;
use crate::settings::{LookUpSettings, ProgressSettings, Settings};

/// Continue the latest job that a run has begun and not finished.
///
/// `run` with the same roster or with the job's id does the same. A job that was only planned is not begun by this.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard resume --username admin@example.com")]
pub(crate) struct ResumeArgs {
    /// The number to confirm, if the job has not been confirmed yet and no terminal can ask for it.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,

    /// Whether users are read before the first write.
    #[command(flatten)]
    pub(crate) look_up: LookUpSettings,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn resume(
    args: ResumeArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let target = settings.connection.scim.as_str();
    let mut reader = Reader::open(&settings.ledger).await?;
    let Some(job) = reader.unfinished_job(target).await? else {
        let ledger = settings.ledger.display();
        terminal.note(&format!(
            "no run has begun an unfinished job at {target} (ledger {ledger}); \
             `offboard run ROSTER|JOB` begins one"
        ));
        return Ok(Exit::Done);
    };
    if let Some(undone) = reader.undone_job(&job).await? {
        let failure = format!("the latest unfinished job takes back job {}", undone.id);
        let hint = format!("`offboard undo {}` continues it", undone.id);
        return Err(Failure::new(Exit::Usage, failure).hint(hint));
    }
    drop(reader);
    terminal.note(&format!("continuing job {} of {}", job.id, job.roster_path));
    let voice = TerminalVoice::of_a_run(terminal, args.progress.progress())?;
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let request = JobRequest {
        subject: job.id.as_str(),
        change: None,
        new: false,
        strict: false,
    };
    let options = RunOptions {
        confirm: args.confirm.confirm,
        no_lookup: args.look_up.no_lookup(),
        retry: None,
    };
    let (ledger, job) = setup.find_job(&request).await?;
    let done = job::run(&setup, ledger, job, &options).await?;
    print_result(&done, &settings, args.json, terminal).await?;
    Ok(Exit::from(&done.end))
}
