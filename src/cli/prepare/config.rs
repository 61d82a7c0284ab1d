//! `offboard config`: an annotated settings file, and what counts at present and why.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use clap::parser::ValueSource;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::{ConfigArgs, ConfigCommand, ConfigInitArgs, ConfigShowArgs};
use crate::cli::failure::Failure;
use crate::cli::job::command_shown;
use crate::cli::prepare::profiles::list_profiles;
use crate::cli::terminal::Terminal;
use crate::cli::typed::command;
use crate::http::without_secrets;
use crate::settings::{SecretKind, Settings, Source, TEMPLATE};

pub(in crate::cli) fn config(args: ConfigArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Init(args) => init(&args, terminal),
        ConfigCommand::Show(args) => show(&args, terminal),
        ConfigCommand::Profiles(args) => list_profiles(&args, terminal),
    }
}

fn init(args: &ConfigInitArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let path = args.file.display();
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.file);
    let written = file.and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(Exit::Settings, format!("`{path}` exists already"))
                .hint("name another file, or look at it with `offboard config show`".to_owned())
        }
        _ => Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}")),
    })?;
    terminal.data(&path.to_string())?;
    Ok(Exit::Done)
}

/// A row of what is shown.
struct Row {
    name: String,
    value: Option<Value>,
    source: String,
}

fn show(args: &ConfigShowArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let typed = Typed::read();
    let sources = args.settings.sources()?;
    let config = args.settings.files.config();
    let mut rows = vec![Row {
        name: "config".to_owned(),
        value: config.map(|path| path.to_string_lossy().into()),
        source: typed
            .origin("config")
            .unwrap_or_else(|| "default".to_owned()),
    }];
    rows.extend(sources.settings().into_iter().map(|setting| {
        let of_a_verb = typed.variable(&setting.name);
        let (value, source) = match (setting.source, of_a_verb) {
            (Some(Source::CommandLine), _) => (setting.value, typed.origin(&setting.name)),
            (_, Some((variable, value))) => (Some(value.into()), Some(variable)),
            (Some(source), None) => (setting.value, Some(source.as_str().to_owned())),
            (None, None) => (setting.value, None),
        };
        Row {
            value: value.map(|value| shown(&setting.name, value)),
            source: source.unwrap_or_else(|| "not set".to_owned()),
            name: setting.name,
        }
    }));
    for kind in SecretKind::ALL {
        let (name, variable) = (kind.key(), kind.variable());
        let is_set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        rows.push(Row {
            name: name.to_owned(),
            value: is_set.then(|| "[redacted]".into()),
            source: if is_set {
                variable.to_owned()
            } else {
                "not set".to_owned()
            },
        });
    }
    if args.json {
        let settings: serde_json::Map<_, _> = rows
            .into_iter()
            .map(|row| (row.name, json!({"value": row.value, "source": row.source})))
            .collect();
        terminal.data(&json!({"schema": 1, "settings": settings}).to_string())?;
    } else {
        terminal.data(&table(&rows))?;
    }
    if let Err(error) = args.settings.layer().and_then(Settings::resolve) {
        let failure = Failure::from(error);
        terminal.warn(&format!("no job can run with these: {}", failure.message));
        if let Some(hint) = failure.hint {
            terminal.warn(&format!("hint: {hint}"));
        }
    }
    Ok(Exit::Done)
}

fn table(rows: &[Row]) -> String {
    let cells: Vec<(&str, String, &str)> = rows
        .iter()
        .map(|row| {
            (
                row.name.as_str(),
                text(row.value.as_ref()),
                row.source.as_str(),
            )
        })
        .collect();
    let name = cells.iter().map(|cell| cell.0.len()).max().unwrap_or(0);
    let value = cells
        .iter()
        .map(|cell| cell.1.chars().count())
        .max()
        .unwrap_or(0)
        .min(50);
    let lines = cells
        .iter()
        .map(|(n, v, s)| format!("{n:<name$}  {v:<value$}  {s}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let items = items.iter().filter_map(Value::as_str);
            items.collect::<Vec<_>>().join(", ")
        }
        Some(Value::Array(items)) => format!("{} entries: see `--json`", items.len()),
        Some(other) => other.to_string(),
    }
}

/// What may be shown of a value: of a command that prints a token its program, and of an address not what
/// stands before its host, or behind its path.
fn shown(name: &str, value: Value) -> Value {
    match value {
        Value::String(text) if name == "token-command" => command_shown(&text).into(),
        Value::String(text) if text.contains("://") || text.contains('@') && text.contains(':') => {
            without_secrets(&text).into()
        }
        Value::Array(items) => items.into_iter().map(|item| shown(name, item)).collect(),
        other => other,
    }
}

/// What was typed, or stands in variables, for this very command.
struct Typed {
    command: clap::Command,
    matches: clap::ArgMatches,
}

impl Typed {
    fn read() -> Self {
        let mut command = command();
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

    /// The flag, or the variable, that gave a setting; both, where one adds to the other.
    fn origin(&self, name: &str) -> Option<String> {
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
    fn variable(&self, name: &str) -> Option<(String, String)> {
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
