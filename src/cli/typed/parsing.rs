//! The command line with the variables and the settings file behind it.
//!
//! Most settings are merged later (`settings`). A few are read by one verb alone, such as how progress is shown: for
//! these, clap uses the value of the settings file where neither a flag nor a variable sets one.

use std::ffi::OsStr;

use clap::{CommandFactory, FromArgMatches};

use crate::cli::Cli;
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::FailureForm;
use crate::cli::output::Terminal;
use crate::cli::typed::{colors, expected_words, short_help, variables};
use crate::domain::on_one_line;
use crate::screen;
use crate::settings::SettingsFile;

/// Reads flags and variables; the error is clap's own answer, to a misuse or to `--help`.
pub(in crate::cli) fn read() -> Result<Cli, clap::Error> {
    colors::use_typed();
    let command = if short_help::is_asked_for(std::env::args_os()) {
        short_help::shortened(command())
    } else {
        command()
    };
    let matches = command.try_get_matches();
    let matches = matches.map_err(|misuse| {
        let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let misuse = expected_words::explained(misuse);
        variables::named_by_variable(misuse, &words.collect::<Vec<_>>(), is_set)
    })?;
    Cli::from_arg_matches(&matches)
}

/// Whether the words ask for JSON. They may be none that the parser understands: a misuse is answered in JSON, too.
pub(in crate::cli) fn asks_for_json() -> bool {
    let words = std::env::args_os().skip(1);
    words
        .take_while(|word| word != "--")
        .any(|word| word == "--json" || word.to_string_lossy().starts_with("--json="))
}

/// Prints clap's own answer. If a typed word contains escape sequences, the answer is printed without colours: in
/// coloured text, clap's own escapes and the typed ones cannot be distinguished.
pub(in crate::cli) fn answer(error: &clap::Error) -> Exit {
    let is_plain = |text: &OsStr| {
        let text = text.to_string_lossy();
        on_one_line(&text) == text
    };
    let variables = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("OFFBOARD_")
    });
    if error.use_stderr() && asks_for_json() {
        let text = error.render().to_string();
        let text = text.trim_end().trim_start_matches("error: ");
        let failure = Failure::new(Exit::Usage, text);
        if let Err(failure) = Terminal::new(false, true).json(&FailureForm::from(&failure)) {
            Terminal::new(false, true).explain(&failure);
        }
    }
    let given = std::env::args_os().chain(variables.map(|(_, value)| value));
    if given.into_iter().all(|text| is_plain(&text)) {
        error.exit();
    }
    let text = error.render().to_string();
    if error.use_stderr() {
        screen::say(text.trim_end());
        return Exit::Usage;
    }
    if let Err(error) = screen::data(text.trim_end()) {
        screen::say(format!("error: cannot write to standard output: {error}"));
    }
    Exit::Done
}

/// Reads the settings file, if this verb takes one, and says which one it is.
pub(in crate::cli) fn with_file(mut cli: Cli, terminal: Terminal) -> Result<Cli, Failure> {
    variables::warn_about_unknown(&command(), terminal);
    let Some(files) = cli.command.files() else {
        return Ok(cli);
    };
    let file = SettingsFile::read(files.config())?;
    let Some(path) = file.path() else {
        return Ok(cli);
    };
    terminal.note(format!("settings: {}", path.display()));
    let with_defaults = defaulting(command(), &file.layer().of_verbs());
    let matches = with_defaults.try_get_matches_from(std::env::args_os());
    let again = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    let mut cli = again.map_err(|error| {
        let error = error.to_string();
        let why = error.lines().next().unwrap_or_default();
        let why = why.trim_start_matches("error: ");
        Failure::new(
            Exit::Settings,
            format!("settings `{}`: {why}", path.display()),
        )
    })?;
    if let Some(files) = cli.command.files() {
        files.have_read(file);
    }
    colors::use_mode(cli.color.color());
    Ok(cli)
}

/// The command line as it is typed. All that describe it use this one: parsing, help, completions, man pages and
/// the command that continues. Help shows the names of variables, and never their values, which may be secrets.
pub fn command() -> clap::Command {
    prepared(Cli::command())
}

/// Hides the values of variables, and ignores a variable that is set to nothing, as container files do to mean
/// "not set".
fn prepared(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let empty = arg
                .get_env()
                .and_then(std::env::var_os)
                .is_some_and(|value| value.is_empty());
            let arg = if empty { arg.env(None::<&str>) } else { arg };
            arg.hide_env_values(true)
        })
        .mut_subcommands(prepared)
}

/// Lets each verb use these values where neither a flag nor a variable sets one.
fn defaulting(command: clap::Command, defaults: &[(String, String)]) -> clap::Command {
    command
        .mut_args(|arg| {
            let mut defaults = defaults.iter();
            match defaults.find(|(flag, _)| arg.get_long() == Some(flag)) {
                Some((_, value)) => arg.default_value(value.clone()),
                None => arg,
            }
        })
        .mut_subcommands(|verb| defaulting(verb, defaults))
}
