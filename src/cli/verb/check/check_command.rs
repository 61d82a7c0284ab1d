//! `offboard check`: checks settings, secret, sign-in, role, provider and clock before there is a job. Nothing is
//! changed, and the ledger is not even opened.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::output::{Terminal, TerminalVoice};
use crate::cli::verb::check::findings::{Findings, PAGE};
use crate::job::{Sessions, Setup, check_provider};
use crate::progress::ProgressMode;
use crate::roster;
use crate::settings::{SecretSource, Settings};

/// Look at settings, secret, sign-in, role, provider and clock; nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard check --username admin@example.com
  offboard check leavers.csv --username admin@example.com       (with an estimate for this roster)")]
pub(crate) struct CheckArgs {
    /// A roster to estimate the requests and the time for.
    #[arg(value_name = "ROSTER")]
    pub(crate) roster: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn check(
    args: CheckArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let voice = TerminalVoice::new(terminal, ProgressMode::Off);
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let target = settings.connection.scim.as_str();
    let secret = where_found(&settings, setup.secret());
    let mut findings = Findings::new(target, &settings.ledger, &secret);
    let checked = check_provider(&setup, PAGE).await?;
    findings.add_provider(&checked, &settings);
    findings.add_pace(&settings);
    let mut exit = Exit::Done;
    if let Some(path) = &args.roster {
        let survey = roster::check(path, &settings.roster)?;
        findings.add_estimate(&survey, checked.total, &settings);
        for remark in survey.remarks() {
            findings.warn(remark);
        }
        if survey.rejected > 0 {
            findings.warn(format!(
                "{} of {} lines of the roster cannot be used",
                survey.rejected, survey.lines
            ));
            exit = Exit::Trouble;
        }
    }
    findings.print(exit == Exit::Done, args.json, terminal)?;
    Ok(exit)
}

fn where_found(settings: &Settings, source: &SecretSource) -> String {
    let sign_in = &settings.connection.sign_in;
    match (&sign_in.secret_file, source) {
        (_, SecretSource::Unneeded) => "none is needed".to_owned(),
        (Some(path), _) if path.as_os_str() == "-" => "standard input".to_owned(),
        (Some(path), _) => format!("file {}", path.display()),
        (None, SecretSource::Known(_)) => {
            let variable = sign_in.method.secret().map_or("", |kind| kind.variable());
            format!("variable {variable}")
        }
        (None, SecretSource::Keyring(_)) => "the keyring, or asked for at the terminal".to_owned(),
        (None, SecretSource::Ask(_)) => "asked for at the terminal".to_owned(),
    }
}
