//! `offboard config`: an annotated settings file, and the value and origin of each setting.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{SCHEMA, SettingForm, SettingsForm, VERSION};
use crate::cli::next::command_shown;
use crate::cli::output::Terminal;
use crate::cli::typed::FlagSources;
use crate::cli::verb::config::profiles::{ProfilesArgs, list_profiles};
use crate::http::without_secrets;
use crate::platform;
use crate::settings::{Layer, Origin, SecretKind, Settings, template};

/// Look at the settings, or write a file of them.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// The word that follows `config`.
#[derive(Debug, Subcommand)]
#[cfg_attr(
    not(test),
    expect(
        clippy::missing_docs_in_private_items,
        reason = "help shows the documentation of the arguments"
    )
)]
pub(crate) enum ConfigCommand {
    Init(ConfigInitArgs),
    Show(Box<ConfigShowArgs>),
    Profiles(ProfilesArgs),
}

/// Write a settings file in which every setting is explained. An existing file is never touched.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard config init && $EDITOR offboard.toml")]
pub(crate) struct ConfigInitArgs {
    /// The file.
    #[arg(value_name = "FILE", default_value = "offboard.toml")]
    pub(crate) file: PathBuf,
}

/// Show every setting: its value, and where it came from. Secrets are not shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard config show
  offboard config show --region us9 --json")]
pub(crate) struct ConfigShowArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) fn config(args: ConfigArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Init(args) => init(&args, terminal),
        ConfigCommand::Show(args) => show(&args, terminal),
        ConfigCommand::Profiles(args) => list_profiles(&args, terminal),
    }
}

fn init(args: &ConfigInitArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let path = args.file.display();
    let written = platform::create_private(&args.file)
        .and_then(|mut file| file.write_all(template().as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(Exit::Settings, format!("`{path}` exists already"))
                .hint("name another file, or look at it with `offboard config show`".to_owned())
        }
        _ => Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}")),
    })?;
    terminal.data(path.to_string())?;
    Ok(Exit::Done)
}

/// A row of what is shown.
struct Row {
    name: String,
    value: Option<Value>,
    source: String,
}

fn show(args: &ConfigShowArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let typed = FlagSources::read();
    let sources = args.settings.sources()?;
    let config = args.settings.files.config();
    let mut rows = vec![Row {
        name: "config".to_owned(),
        value: config.map(|path| path.to_string_lossy().into()),
        source: typed
            .origin("config")
            .unwrap_or_else(|| "default".to_owned()),
    }];
    let declared = Layer::declared();
    rows.extend(sources.settings().into_iter().map(|setting| {
        let declared = declared.iter().find(|one| one.key == setting.name);
        let of_a_verb = declared.and_then(|one| typed.variable(one));
        let (value, source) = match (setting.source, of_a_verb) {
            (Some(Origin::CommandLine), _) => {
                (setting.value, declared.and_then(|one| typed.origin_of(one)))
            }
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
        let settings = rows.into_iter().map(|row| {
            let (value, source) = (row.value, row.source);
            (row.name, SettingForm { value, source })
        });
        terminal.json(&SettingsForm {
            schema: SCHEMA,
            version: VERSION,
            settings: settings.collect(),
        })?;
    } else {
        terminal.data(table(&rows))?;
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

/// What may be shown of a value: of a command that prints a token only the program, and of an address neither what
/// is before its host nor what is behind its path.
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
