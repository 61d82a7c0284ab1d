//! What can be typed for the verbs that help before a job: users, rosters, settings, the shell.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use crate::cli::args::sources::SettingsArgs;
use crate::export::Column;
use crate::settings::{ProgressSettings, ReadingSettings};

/// Look at the provider's users.
#[derive(Debug, Args)]
pub(in crate::cli) struct UsersArgs {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: UsersCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UsersCommand {
    Export(Box<ExportArgs>),
}

/// Write the provider's users as a CSV that serves as a roster.
///
/// With `-o FILE` an export that was interrupted is continued by the same command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard users export -o users.csv --username admin@example.com
  offboard users export --filter 'active eq true' --columns user_id,user_name > active.csv")]
pub(in crate::cli) struct ExportArgs {
    /// The file [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,

    /// Only users who fit this, in the provider's own language, such as `active eq true`.
    #[arg(long, value_name = "FILTER")]
    pub(in crate::cli) filter: Option<String>,

    /// These columns, in this order: `user_id`, `user_name`, `display_name`, `active`, `workspaces`
    /// [default: all].
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(in crate::cli) columns: Vec<Column>,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// Look at a roster before there is a job, or begin one.
#[derive(Debug, Args)]
pub(in crate::cli) struct RosterArgs {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: RosterCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RosterCommand {
    Check(RosterCheckArgs),
    /// Print a roster to begin with: a header, and an example.
    Template,
}

/// Say how a roster would be read: encoding, columns, users, bad lines. Nothing is stored or sent.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard roster check leavers.csv
  offboard roster check leavers.csv --id-column '#3' --json

Exit codes: 0 every line can be used, 4 the roster cannot be used, 10 some lines cannot.")]
pub(in crate::cli) struct RosterCheckArgs {
    /// The CSV that names the users.
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) reading: ReadingSettings,

    /// Whose ids these are, which says whether their case counts: a built-in profile, or a file.
    #[arg(
        long,
        value_name = "NAME|FILE",
        default_value = "anaplan",
        env = "OFFBOARD_PROFILE"
    )]
    pub(in crate::cli) profile: String,

    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Look at the settings, or write a file of them.
#[derive(Debug, Args)]
pub(in crate::cli) struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    Init(ConfigInitArgs),
    Show(Box<ConfigShowArgs>),
    Profiles(ProfilesArgs),
}

/// Write a settings file in which every setting is explained. An existing file is never touched.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard config init && $EDITOR offboard.toml")]
pub(in crate::cli) struct ConfigInitArgs {
    /// The file.
    #[arg(value_name = "FILE", default_value = "offboard.toml")]
    pub(in crate::cli) file: PathBuf,
}

/// Show every setting: its value, and where it came from. Secrets are not shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard config show
  offboard config show --region us9 --json")]
pub(in crate::cli) struct ConfigShowArgs {
    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// The providers that are known, and against what each was tried; or one profile, to be copied.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard config profiles rfc7644 > own.toml      (then change it, and give `--profile own.toml`)")]
pub(in crate::cli) struct ProfilesArgs {
    /// Print this profile.
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
}

/// Print what makes a shell complete this program's verbs and flags.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard completions bash > ~/.local/share/bash-completion/completions/offboard
  offboard completions zsh > \"${fpath[1]}/_offboard\"")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(in crate::cli) shell: Shell,
}

/// Write man pages, one for each verb, into a folder.
#[derive(Debug, Args)]
pub(in crate::cli) struct ManArgs {
    /// The folder; it is made if it is not there.
    #[arg(value_name = "DIR")]
    pub(in crate::cli) folder: PathBuf,
}
