//! `offboard config profiles`: lists the built-in profiles, or prints one of them.

use std::fmt::Write;

use clap::Args;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{ProfileForm, ProfilesForm, SCHEMA, VERSION};
use crate::cli::output::Terminal;
use crate::settings::{profile_text, profiles};

/// List the built-in profiles and the servers against which each was tried, or print one to be copied.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard config profiles rfc7644 > own.toml      (then change it, and give `--profile own.toml`)")]
pub(crate) struct ProfilesArgs {
    /// Print this profile.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Print the list as JSON.
    #[arg(long, conflicts_with = "name")]
    pub(crate) json: bool,
}

/// Prints the built-in profiles, a line each; or the text of one, from which another can be made.
pub(super) fn list_profiles(args: &ProfilesArgs, terminal: Terminal) -> Result<Exit, Failure> {
    if let Some(name) = &args.name {
        terminal.data(profile_text(name)?.trim_end())?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    let profiles = profiles()?;
    if args.json {
        let profiles = profiles.into_iter().map(|profile| ProfileForm {
            provider: profile.provider,
            tried: profile.tried,
            name: profile.name.to_string(),
        });
        terminal.json(&ProfilesForm {
            schema: SCHEMA,
            version: VERSION,
            profiles: profiles.collect(),
        })?;
        return Ok(Exit::Done);
    }
    let width = profiles.iter().map(|profile| profile.name.len()).max();
    for profile in profiles {
        let _ = writeln!(
            text,
            "{:<width$}  {}; tried: {}",
            profile.name,
            profile.provider,
            profile.tried,
            width = width.unwrap_or_default()
        );
    }
    terminal.data(text.trim_end())?;
    Ok(Exit::Done)
}
