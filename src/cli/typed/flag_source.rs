//! Finds which source gave the value of a flag: the command line, or a variable.

use clap::parser::ValueSource;

use crate::cli::command;
use crate::settings::Declared;

/// The flags and variables of the present command.
pub(crate) struct FlagSources {
    command: clap::Command,
    matches: clap::ArgMatches,
}

impl FlagSources {
    /// Parses the present command line once more.
    pub(crate) fn read() -> Self {
        let mut command = command();
        // It was parsed once already, so it has no error.
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

    /// The flag, or the variable, that gave a setting; both, where one adds to the other.
    pub(crate) fn origin_of(&self, setting: &Declared) -> Option<String> {
        let flag = setting.flag.as_deref()?;
        let origin = self.origin(flag)?;
        let variable = setting.variable.as_deref();
        let added = variable.filter(|name| setting.adds && origin != *name && is_set(name));
        Some(match added {
            Some(variable) => format!("{origin} and {variable}"),
            None => origin,
        })
    }

    /// The flag, or its variable, whichever gave the value.
    pub(crate) fn origin(&self, flag: &str) -> Option<String> {
        let argument = self.argument(flag)?;
        match self.matches.value_source(argument.get_id().as_str())? {
            ValueSource::CommandLine => Some(format!("--{flag}")),
            ValueSource::EnvVariable => {
                let variable = argument.get_env()?;
                Some(variable.to_string_lossy().into_owned())
            }
            _ => None,
        }
    }

    /// The variable of a setting that this command has no flag for, if it is set, with its value.
    pub(crate) fn variable(&self, setting: &Declared) -> Option<(String, String)> {
        if self.argument(setting.flag.as_deref()?).is_some() {
            return None;
        }
        let variable = setting.variable.clone()?;
        let value = std::env::var(&variable).ok();
        let value = value.filter(|value| !value.is_empty())?;
        Some((variable, value))
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
