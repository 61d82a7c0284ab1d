//! Finds which source gave the value of a flag: the command line, or a variable.

use clap::parser::ValueSource;

use crate::cli::typed::command;

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
    pub(crate) fn origin(&self, name: &str) -> Option<String> {
        let adding = format!("{name}-by-variable");
        let origins = [name, &adding].into_iter();
        let origins: Vec<_> = origins.filter_map(|name| self.origin_of(name)).collect();
        (!origins.is_empty()).then(|| origins.join(" and "))
    }

    fn origin_of(&self, name: &str) -> Option<String> {
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

    /// The variable of a setting that this command has no flag for, if it is set, with its value.
    pub(crate) fn variable(&self, name: &str) -> Option<(String, String)> {
        if self.argument(name).is_some() {
            return None;
        }
        let variable = format!("OFFBOARD_{}", name.to_uppercase().replace('-', "_"));
        let value = std::env::var(&variable)
            .ok()
            .filter(|value| !value.is_empty())?;
        Some((variable, value))
    }
}
