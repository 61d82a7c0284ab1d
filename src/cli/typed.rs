//! Where the value of a flag came from: the command line, or a variable.

use clap::CommandFactory;
use clap::parser::ValueSource;

use crate::cli::{Cli, without_empty};

/// What was typed, or stands in variables, for this very command.
pub(super) struct Typed {
    command: clap::Command,
    matches: clap::ArgMatches,
}

impl Typed {
    pub(super) fn read() -> Self {
        let mut command = without_empty(Cli::command());
        // It was read once already, so there is nothing in it to complain of.
        let mut matches = command.clone().get_matches();
        command.build();
        while let Some((verb, inner)) = matches.remove_subcommand() {
            let found = command.find_subcommand(&verb).cloned();
            command = found.unwrap_or(command);
            matches = inner;
        }
        Self { command, matches }
    }

    fn argument(&self, name: &str) -> Option<&clap::Arg> {
        let mut arguments = self.command.get_arguments();
        arguments.find(|argument| argument.get_long() == Some(name))
    }

    /// The flag, or the variable, that gave a setting.
    pub(super) fn origin(&self, name: &str) -> Option<String> {
        let argument = self.argument(name)?;
        match self.matches.value_source(argument.get_id().as_str())? {
            ValueSource::CommandLine => Some(format!("--{name}")),
            ValueSource::EnvVariable => {
                let variable = argument.get_env()?;
                Some(variable.to_string_lossy().into_owned())
            }
            _ => None,
        }
    }

    /// The value of a setting, as it was given.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let id = self.argument(name)?.get_id().as_str();
        let mut raw = self.matches.try_get_raw(id).ok()??;
        raw.next().map(|value| value.to_string_lossy().into_owned())
    }
}
