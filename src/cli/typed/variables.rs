//! Warns about variables that begin like those of this program and belong to no setting. Most are misspelt, and a
//! misspelt rail does not protect any user.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::cli::output::Terminal;
use crate::settings::SecretKind;

/// How the variables of this program begin.
const PREFIX: &str = "OFFBOARD_";

/// Warns about each variable that no setting has, with the nearest name.
pub(super) fn warn_about_unknown(program: &Command, terminal: Terminal) {
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let names = set.filter_map(|(name, _)| name.into_string().ok());
    let known = [of_secrets(), of_flags(program)].concat();
    for warning in unknown(names, &known) {
        terminal.warn(&warning);
    }
}

/// The same misuse; if the value is that of a variable, and not of a flag that was typed, the answer says so.
pub(super) fn named_by_variable(
    mut misuse: clap::Error,
    typed: &[String],
    is_set: impl Fn(&str) -> bool,
) -> clap::Error {
    if !matches!(
        misuse.kind(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
    ) {
        return misuse;
    }
    // It is shown with its value's name: `--rate <RATE>`.
    let Some(ContextValue::String(flag)) = misuse.get(ContextKind::InvalidArg) else {
        return misuse;
    };
    let flag = flag.split(['[', '=', ' ']).next().unwrap_or_default();
    let is_typed = typed
        .iter()
        .any(|word| word.split('=').next() == Some(flag));
    let name = flag
        .trim_start_matches('-')
        .to_uppercase()
        .replace('-', "_");
    let variable = format!("{PREFIX}{name}");
    if !is_typed && is_set(&variable) {
        let tip = format!("the value is that of the variable {variable}");
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        misuse.insert(ContextKind::Suggested, tip);
    }
    misuse
}

fn unknown(set: impl Iterator<Item = String>, known: &[String]) -> Vec<String> {
    let is_unknown =
        |name: &String| name.to_ascii_uppercase().starts_with(PREFIX) && !known.contains(name);
    let mut unknown: Vec<_> = set.filter(is_unknown).collect();
    unknown.sort_unstable();
    let warn = |name: String| {
        let upper = name.to_ascii_uppercase();
        let distance = |known: &&String| strsim::damerau_levenshtein(&upper, known);
        let nearest = known.iter().min_by_key(distance);
        let name = name.escape_debug();
        match nearest {
            Some(nearest) => {
                format!("warning: no setting has the variable `{name}`; the nearest is `{nearest}`")
            }
            None => format!("warning: no setting has the variable `{name}`"),
        }
    };
    unknown.into_iter().map(warn).collect()
}

/// The variables that hold secrets: no flag has them.
fn of_secrets() -> Vec<String> {
    let secrets = SecretKind::ALL.iter();
    secrets.map(|kind| kind.variable().to_owned()).collect()
}

/// The variables of all flags of all verbs: a variable that one verb ignores may be meant for another.
fn of_flags(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(Arg::get_env);
    let own = own.map(|name| name.to_string_lossy().into_owned());
    let below = command.get_subcommands().flat_map(of_flags);
    own.chain(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    #[test]
    fn p7_a_misspelt_variable_is_reported_with_the_nearest_name() {
        let known = [of_secrets(), of_flags(&command())].concat();
        let warning = |name: &str| unknown([name.to_owned()].into_iter(), &known).pop();
        for (misspelt, meant) in [
            ("OFFBOARD_PROTECTED", "OFFBOARD_PROTECT"),
            ("OFFBOARD_PROTECTFILE", "OFFBOARD_PROTECT_FILE"),
            ("OFFBOARD_USER_NAME", "OFFBOARD_USERNAME"),
            ("OFFBOARD_PASWORD", "OFFBOARD_PASSWORD"),
            ("OFFBOARD_cap", "OFFBOARD_CAP"),
        ] {
            let warning = warning(misspelt).unwrap();
            assert!(warning.contains(&format!("`{meant}`")), "{warning}");
        }
        for fine in [
            "OFFBOARD_PROTECT",
            "OFFBOARD_TOKEN",
            "OFFBOARD_LOG_FILE",
            "OFFBOARD_REDACT",
            "PATH",
        ] {
            assert_eq!(warning(fine), None, "{fine}");
        }
    }
}
