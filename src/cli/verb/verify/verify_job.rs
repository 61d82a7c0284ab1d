//! `offboard verify`: reads again each user that a job brought to the wanted state, and compares.

use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{SCHEMA, UserForm, VERSION, VerifyForm};
use crate::cli::output::{SHOWN, Terminal, TerminalVoice, chain_head};
use crate::cli::process::notifying;
use crate::cli::verb::verify::verification_text::{not_verified, verification_text};
use crate::domain::Finding;
use crate::job::{self, Sessions, Setup, VerifyOptions, VerifyResult};
use crate::ledger::Job;
use crate::report::UndoneSummary;
use crate::settings::{EndSettings, ProgressSettings, Settings};

/// Read every user of a job again and compare: confirmed, drifted, or gone.
///
/// A user that has again what the job took has drifted: exit code 12. A user that an undo of the job
/// gave it back to is compared with what was given back. Users without an outcome yet, and users that
/// failed or were not found, are not read: exit code 10.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard verify --username admin@example.com")]
pub(crate) struct VerifyArgs {
    /// The beginning of a job's id, or `latest`: the last job that a run has begun.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// How the command ends.
    #[command(flatten)]
    pub(crate) end: EndSettings,

    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn verify(
    args: VerifyArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    notifying(
        &args.end,
        terminal,
        Box::pin(work(&args, sessions, terminal)),
    )
    .await
}

async fn work(
    args: &VerifyArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<(Exit, Option<VerifyForm>), Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let voice = TerminalVoice::new(terminal, args.progress.progress());
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let (mut ledger, job) = setup.pick_job(&args.job).await?;
    setup.name_job(&job);
    let options = VerifyOptions {
        shown: SHOWN,
        tolerate: args.end.tolerate(),
    };
    let verification = job::verify(&setup, &mut ledger, &job, &options).await?;
    ledger.close().await?;
    if let Some(head) = &verification.head {
        terminal.note(chain_head(head.events, &head.hash));
    }
    let exit = Exit::from(&verification.end());
    if !args.json && !verification.is_empty {
        terminal.outcome(verification_text(&verification));
    }
    if verification.is_empty {
        terminal.note("no user is in the wanted state yet: there is nothing to verify");
        if let Some(words) = not_verified(&verification.left_out) {
            terminal.warn(&words);
        }
    }
    let form = form(&job, verification, exit);
    if args.json {
        terminal.outcome_json(&form);
    }
    Ok((exit, Some(form)))
}

fn form(job: &Job, verification: VerifyResult, exit: Exit) -> VerifyForm {
    let findings = Finding::ALL.into_iter();
    VerifyForm {
        schema: SCHEMA,
        version: VERSION,
        exit: exit.code(),
        job: job.id.to_string(),
        findings: findings
            .map(|finding| (finding.as_str(), verification.of(finding)))
            .collect(),
        requests: verification.requests,
        holds: verification.of(Finding::Drifted) == 0,
        not_verified: verification.left_out.lines(),
        tolerated: verification.tolerated,
        undone: verification.undone.as_ref().map(UndoneSummary::new),
        drifted: verification
            .drifted
            .into_iter()
            .map(UserForm::from)
            .collect(),
    }
}
