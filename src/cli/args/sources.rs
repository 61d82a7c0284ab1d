//! The flags of settings, as a verb takes them: [`SettingsArgs`] for a verb with a target, [`FileArgs`] for one that
//! needs the ledger only. Which settings there are, and what each flag says, is declared in `settings`.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::domain::LedgerAddress;
use crate::settings::{FileSettings, Layer, SettingsError, SettingsFile, Sources};

/// Where settings and ledger are.
#[derive(Debug, Clone, Args)]
pub(crate) struct FileArgs {
    #[command(flatten)]
    named: FileSettings,

    /// A settings file [default: offboard.toml, if it is there, and then without hosts and programs].
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CONFIG")]
    config: Option<PathBuf>,

    /// What the settings file says, once it is read.
    #[arg(skip)]
    read: Box<SettingsFile>,
}

impl FileArgs {
    /// The settings file that is named.
    pub(crate) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Takes the settings file that was read.
    pub(crate) fn have_read(&mut self, file: SettingsFile) {
        *self.read = file;
    }

    /// Where the ledger is, from all sources.
    pub(crate) fn ledger(&self) -> Result<LedgerAddress, SettingsError> {
        if self.named.ledger.is_none() {
            self.read.may_name_ledger()?;
        }
        let flags = Layer {
            files: self.named.clone(),
            ..Layer::default()
        };
        Ok(Sources::read(flags, &self.read)?.layer().files.ledger())
    }
}

/// The settings of a verb with a target.
#[derive(Debug, Clone)]
pub(crate) struct SettingsArgs {
    /// The ledger, and the settings file with what was read from it.
    pub(crate) files: FileArgs,
    /// The flags and variables of the whole verb, with those that only this verb has.
    given: Box<Layer>,
}

impl SettingsArgs {
    /// All sources, one over the other: flags and variables, file, profile; for a command that signs in.
    pub(crate) fn layer(&self) -> Result<Layer, SettingsError> {
        self.files.read.may_sign_in()?;
        Ok(self.sources()?.layer())
    }

    /// The same, each source by itself.
    pub(crate) fn sources(&self) -> Result<Sources, SettingsError> {
        Sources::read(Layer::clone(&self.given), &self.files.read)
    }
}

impl Args for SettingsArgs {
    fn augment_args(command: Command) -> Command {
        let command = command.next_help_heading("Target and pace");
        Layer::target_flags(FileArgs::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingsArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            files: FileArgs::from_arg_matches(matches)?,
            given: Box::new(Layer::given(matches)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
