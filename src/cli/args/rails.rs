//! The rails on the command line.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::domain::Share;
use crate::settings::{Layer, Span};

/// What keeps a job from beginning, and users from being touched.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rails")]
pub(crate) struct RailsArgs {
    /// Users whom a job may write [default: 500].
    #[arg(long, value_name = "N", env = "OFFBOARD_CAP")]
    cap: Option<u64>,

    /// Which part of the tenant's active users a job may write [default: 20%].
    #[arg(long, value_name = "P%", env = "OFFBOARD_CAP_SHARE")]
    cap_share: Option<Share>,

    /// Never write these: an id, a name, a domain (`@example.com`), or a pattern with `*`; again for more.
    /// What `OFFBOARD_PROTECT` and the settings file name is protected too.
    #[arg(long, value_name = "PATTERN", value_parser = somebody)]
    protect: Vec<String>,

    /// What the variable names is added to what the flag names.
    #[arg(long = "protect-by-variable", hide = true, env = "OFFBOARD_PROTECT")]
    protect_variable: Vec<String>,

    /// Never write those whom this file names, a pattern on each line; again for more. The files of
    /// `OFFBOARD_PROTECT_FILE` and of the settings file count too.
    #[arg(long, value_name = "FILE")]
    protect_file: Vec<PathBuf>,

    /// What the variable names is added to what the flag names.
    #[arg(
        long = "protect-file-by-variable",
        hide = true,
        env = "OFFBOARD_PROTECT_FILE"
    )]
    protect_file_variable: Vec<PathBuf>,

    /// The id of the account that signs in, which is never written [default: as the provider tells].
    #[arg(
        long = "self",
        value_name = "ID",
        env = "OFFBOARD_SELF",
        value_parser = somebody
    )]
    self_id: Option<String>,

    /// How old a plan may be when its run begins [default: 1h].
    #[arg(long, value_name = "TIME", env = "OFFBOARD_PLAN_TTL")]
    plan_ttl: Option<Span>,

    /// Remove so many users first and look at them again; go on only if all are as wanted.
    #[arg(long, value_name = "N", env = "OFFBOARD_CANARY")]
    canary: Option<u64>,

    /// Write also those lines whose id and whose address belong to two people.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_ALLOW_MISMATCH",
        value_parser = BoolishValueParser::new()
    )]
    allow_mismatch: Option<bool>,
}

/// A text that names somebody: one of blanks alone would protect nobody.
fn somebody(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(
            "it names nobody: give an id, a name or a pattern, or leave the flag out".to_owned(),
        ),
        text => Ok(text.to_owned()),
    }
}

/// The patterns of a list with commas. A name may hold a comma itself (`uid=ceo,ou=people`, `Lovelace, Ada`): where it
/// may be one name, the whole is a pattern too, since to protect too many is safe.
fn patterns(words: &str) -> Vec<String> {
    let parts = words.split(',').map(str::trim);
    let mut found: Vec<_> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let is_perhaps_one = words.contains('=') || words.contains(", ");
    if found.is_empty() || (found.len() > 1 && is_perhaps_one && !words.contains('@')) {
        found.push(words.trim().to_owned());
    }
    found
}

impl RailsArgs {
    /// Puts what was typed into a layer.
    pub(super) fn into_layer(self, layer: &mut Layer) {
        layer.cap = self.cap;
        layer.cap_share = self.cap_share;
        let words = self.protect.iter().chain(&self.protect_variable);
        let patterns: Vec<_> = words.flat_map(|words| patterns(words)).collect();
        layer.protect = Some(patterns).filter(|patterns| !patterns.is_empty());
        let files = [self.protect_file, self.protect_file_variable].concat();
        layer.protect_file = Some(files).filter(|files| !files.is_empty());
        layer.self_id = self.self_id;
        layer.plan_ttl = self.plan_ttl;
        layer.canary = self.canary;
        layer.allow_mismatch = self.allow_mismatch;
    }
}

#[cfg(test)]
mod tests {
    use super::somebody;

    #[test]
    fn p7_a_blank_protects_nobody_and_is_refused() {
        for blank in ["", " ", "\t\u{a0}"] {
            assert!(somebody(blank).is_err(), "{blank:?}");
        }
        assert_eq!(somebody(" ada@example.com ").unwrap(), "ada@example.com");
    }
}
