//! `offboard retry`: tries the failed users of a job once more.

use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::{ConfirmArgs, SettingsArgs};
use crate::cli::failure::Failure;
use crate::cli::json::WorkedForm;
use crate::cli::output::{Printed, Terminal, TerminalVoice, print_result};
use crate::cli::process::notifying;
use crate::cli::typed::FlagSources;
use crate::domain::Reason;
use crate::job::{self, RailError, RunOptions, Sessions, Setup};
use crate::settings::{EndSettings, Grounds, ProgressSettings, Requirement, Settings};

/// Try the failed users of a job once more.
///
/// A user that may have been written is read first. Each user has all attempts again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard retry --username admin@example.com
  offboard retry 0193af --only server_error --only no_answer --username admin@example.com")]
pub(crate) struct RetryArgs {
    /// The beginning of a job's id, or `latest`: the last job that a run has begun.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// Only those who failed for this reason, a code of the report; again for more. `--reason CODE`
    /// does the same.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) only: Vec<Reason>,

    /// The number to confirm, if no terminal can ask for it.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,

    /// How the command ends.
    #[command(flatten)]
    pub(crate) end: EndSettings,

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

pub(crate) async fn retry(
    args: RetryArgs,
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
    args: &RetryArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<(Exit, Option<WorkedForm>), Failure> {
    let mut settings = Settings::resolve(args.settings.layer()?)?;
    let mut only = args.only.clone();
    // Only what was typed for this very command chooses users: a variable or a file says why, for every
    // command alike.
    if FlagSources::read().origin("reason").as_deref() == Some("--reason") {
        only.extend(take_codes(&mut settings.grounds)?);
    }
    let voice = TerminalVoice::of_a_run(terminal, args.progress.progress())?;
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let (ledger, job) = setup.pick_job(&args.job).await?;
    let options = RunOptions {
        confirm: args.confirm.confirm,
        tolerate: args.end.tolerate(),
        ..RunOptions::default()
    };
    let done = job::retry(&setup, ledger, job, only, options).await?;
    let printed = Printed::new(args.json, &args.end);
    print_result(&done, &settings, printed, terminal).await
}

/// Takes the reason out of the grounds if it is made of codes and nothing else: such a reason chooses users, and does
/// not say why they are tried again.
///
/// # Errors
/// [`RailError::CodeIsNoReason`] if the settings require a reason.
fn take_codes(grounds: &mut Grounds) -> Result<Vec<Reason>, RailError> {
    let codes = codes(grounds.reason.as_deref());
    if !codes.is_empty() {
        let reason = grounds.reason.take();
        if grounds.missing().contains(&Requirement::Reason) {
            return Err(RailError::CodeIsNoReason(reason.unwrap_or_default()));
        }
    }
    Ok(codes)
}

/// The codes in a `--reason` that is made of nothing else: they choose users. Any other text says why.
fn codes(reason: Option<&str>) -> Vec<Reason> {
    let codes = reason.into_iter().flat_map(|text| text.split(','));
    let codes: Result<_, _> = codes.map(|code| code.trim().parse()).collect();
    codes.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_a_code_chooses_and_any_other_is_words() {
        let both = vec![Reason::ServerError, Reason::NoAnswer];
        assert_eq!(codes(Some("server_error, no_answer")), both);
        for words in [
            None,
            Some("the provider was down"),
            Some("server_error again"),
        ] {
            assert_eq!(codes(words), []);
        }
    }

    #[test]
    fn p7_a_code_is_not_the_reason_that_the_settings_require() {
        let grounds = |reason: &str, required| Grounds {
            reason: Some(reason.to_owned()),
            required,
            ..Grounds::default()
        };
        let mut words = grounds("the provider was down", vec![Requirement::Reason]);
        assert_eq!(take_codes(&mut words), Ok(Vec::new()));
        assert_eq!(words.reason.as_deref(), Some("the provider was down"));
        let mut free = grounds("server_error", Vec::new());
        assert_eq!(take_codes(&mut free), Ok(vec![Reason::ServerError]));
        assert_eq!(free.reason, None);
        let mut required = grounds("server_error", vec![Requirement::Reason]);
        let refused = RailError::CodeIsNoReason("server_error".to_owned());
        assert_eq!(take_codes(&mut required), Err(refused));
    }
}
