//! `offboard resume`: continues the latest job that is not finished.

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::cli::verb::run::WorkArgs;
use crate::job::{JobRequest, Sessions};
use crate::ledger::Reader;
use crate::settings::Settings;

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
    if let Some(undone) = reader.parent(&job).await? {
        let failure = format!("the latest unfinished job takes back job {}", undone.id);
        let hint = format!("`offboard undo {}` continues it", undone.id);
        return Err(Failure::new(Exit::Usage, failure).hint(hint));
    }
    drop(reader);
    terminal.note(&format!("continuing job {} of {}", job.id, job.roster_path));
    let request = JobRequest {
        subject: job.id.as_str(),
        change: None,
        new: false,
        strict: false,
    };
    args.work
        .work(&request, &settings, sessions, terminal)
        .await
}
