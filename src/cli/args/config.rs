//! What can be typed to see what settings there are.

use clap::{Args, Subcommand};

/// Show what settings there are to choose from.
#[derive(Debug, Args)]
pub(in crate::cli) struct ConfigArgs {
    /// What to show.
    #[command(subcommand)]
    pub(in crate::cli) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// The providers that are known, and against what each was tried; or one profile, to be copied.
    Profiles(ProfilesArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard config profiles rfc7644 > own.toml      (then change it, and give `--profile own.toml`)")]
pub(in crate::cli) struct ProfilesArgs {
    /// Print this profile.
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
}
