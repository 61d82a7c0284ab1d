//! The help of `-h`: what fits on a screen. `--help` shows everything.

use std::ffi::OsString;

use clap::{Arg, Command};

/// So many flags of a verb fit on a screen.
const FEW: usize = 15;

/// The flags that most people need, of verbs with more than fit on a screen.
const MOST_NEEDED: [&str; 17] = [
    "canary",
    "cap",
    "confirm",
    "delete",
    "disable",
    "dry-run",
    "from-workspace",
    "json",
    "ledger",
    "new",
    "plan-only",
    "profile",
    "protect",
    "rate",
    "remove-access",
    "username",
    "verbose",
];

/// Whether the short help is asked for. Help is all that this changes: a word that only looks like `-h`, such as the
/// value of a flag, does no harm.
pub(super) fn is_asked_for(mut words: impl Iterator<Item = OsString>) -> bool {
    words.any(|word| word == "-h")
}

/// The command line with the short help: a line or two for each flag, without variables and possible values.
pub(super) fn shortened(command: Command) -> Command {
    let flags = command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some());
    let is_long = flags.count() > FEW;
    let is_rare = |arg: &Arg| {
        let flag = arg.get_long();
        flag.is_some_and(|flag| !MOST_NEEDED.contains(&flag))
    };
    let command = command.mut_args(|arg| {
        // The flags of all verbs are among those of each.
        let is_hidden = (is_long || arg.is_global_set()) && is_rare(&arg);
        let takes_value = arg.get_action().takes_values();
        arg.hide_short_help(is_hidden)
            .hide_env(true)
            .hide_possible_values(takes_value)
    });
    command.mut_subcommands(shortened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    #[test]
    fn each_flag_that_most_people_need_is_one_of_some_verb() {
        let program = command();
        let has = |flag: &str| {
            let verbs = program.get_subcommands().chain([&program]);
            verbs
                .flat_map(Command::get_arguments)
                .any(|arg| arg.get_long() == Some(flag))
        };
        for flag in MOST_NEEDED {
            assert!(has(flag), "{flag}");
        }
    }

    #[test]
    fn the_short_help_of_each_verb_fits_on_a_screen() {
        let mut program = shortened(command()).term_width(100);
        program.build();
        for verb in program.get_subcommands_mut() {
            let help = verb.render_help().to_string();
            let lines = help.lines().count();
            assert!(
                lines <= 50,
                "{} has {lines} lines:\n{help}",
                verb.get_name()
            );
        }
    }
}
