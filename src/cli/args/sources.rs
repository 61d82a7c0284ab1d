//! Where settings come from on the command line: flags, and the files that flags name.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::cli::args::grounds::GroundsArgs;
use crate::cli::args::network::{HostArgs, NetworkArgs};
use crate::cli::args::rails::RailsArgs;
use crate::cli::args::roster::ReadingArgs;
use crate::cli::args::sign_in::SignInArgs;
use crate::domain::FailureLimit;
use crate::pace::Rate;
use crate::settings::{Layer, Place, SettingsError, SettingsFile, Sources, Span};

/// Settings that every verb with a target shares.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Target and pace")]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    #[command(flatten)]
    hosts: HostArgs,
    /// What stands in a place of the profile's URLs, such as `directory=0f3a`; again for more.
    #[arg(
        long,
        value_name = "NAME=TEXT",
        value_delimiter = ',',
        env = "OFFBOARD_PLACE"
    )]
    place: Vec<Place>,

    #[command(flatten)]
    sign_in: SignInArgs,
    #[command(flatten)]
    roster: ReadingArgs,

    /// Requests per second or minute, all kinds together: `8/s`, `600/m`, `unlimited`.
    #[arg(long, value_name = "RATE", env = "OFFBOARD_RATE")]
    rate: Option<Rate>,

    /// Requests at once after a pause.
    #[arg(long, value_name = "N", env = "OFFBOARD_BURST")]
    burst: Option<NonZeroU32>,

    /// Requests in flight at the same time.
    #[arg(long, value_name = "N", env = "OFFBOARD_CONCURRENCY")]
    concurrency: Option<NonZeroUsize>,

    /// Writes for one user before giving up.
    #[arg(long, value_name = "N", env = "OFFBOARD_MAX_ATTEMPTS")]
    max_attempts: Option<NonZeroU32>,

    /// Time for one request in all.
    #[arg(long, value_name = "TIME", env = "OFFBOARD_TIMEOUT")]
    timeout: Option<Span>,

    /// Time to connect.
    #[arg(long, value_name = "TIME", env = "OFFBOARD_CONNECT_TIMEOUT")]
    connect_timeout: Option<Span>,

    /// Wait after a 429 that names no time.
    #[arg(long, value_name = "TIME", env = "OFFBOARD_THROTTLE_WAIT")]
    throttle_wait: Option<Span>,

    /// Time for requests in flight after a stop was asked for.
    #[arg(long, value_name = "TIME", env = "OFFBOARD_GRACE")]
    grace: Option<Span>,

    /// Stop when the target has been out for so long.
    #[arg(
        long,
        value_name = "TIME",
        env = "OFFBOARD_MAX_OUTAGE",
        help_heading = "Limits"
    )]
    max_outage: Option<Span>,

    /// Stop when more users than this have failed: a number, or a percentage of those done.
    #[arg(
        long,
        value_name = "N|P%",
        env = "OFFBOARD_MAX_FAILURES",
        help_heading = "Limits"
    )]
    max_failures: Option<FailureLimit>,

    /// Stop after so long; the same command continues.
    #[arg(
        long,
        value_name = "TIME",
        env = "OFFBOARD_MAX_DURATION",
        help_heading = "Limits"
    )]
    max_duration: Option<Span>,

    /// Stop at this moment: `18:00` (local time), or a date and time such as `2030-01-31T18:00:00Z`.
    #[arg(
        long,
        value_name = "MOMENT",
        env = "OFFBOARD_UNTIL",
        help_heading = "Limits"
    )]
    until: Option<String>,

    /// Let plain http leave this machine: anybody on the way can read the password.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_ALLOW_HTTP",
        value_parser = BoolishValueParser::new()
    )]
    allow_http: Option<bool>,

    #[command(flatten)]
    network: NetworkArgs,

    #[command(flatten)]
    rails: RailsArgs,

    #[command(flatten)]
    grounds: GroundsArgs,
}

/// Where settings and ledger are.
#[derive(Debug, Clone, Args)]
pub(crate) struct FileArgs {
    /// How the provider behaves: a built-in profile, or a file [default: anaplan].
    #[arg(long, value_name = "NAME|FILE", env = "OFFBOARD_PROFILE")]
    profile: Option<String>,

    /// A settings file [default: offboard.toml, if it is there, and then without hosts and programs].
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CONFIG")]
    config: Option<PathBuf>,

    /// The ledger file [default: offboard.db].
    #[arg(long, value_name = "FILE", env = "OFFBOARD_LEDGER")]
    ledger: Option<PathBuf>,

    /// What the settings file says, once it is read.
    #[arg(skip)]
    read: Box<SettingsFile>,
}

impl FileArgs {
    /// The settings file that is named.
    pub(crate) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// From now on this settings file counts.
    pub(crate) fn have_read(&mut self, file: SettingsFile) {
        *self.read = file;
    }

    /// The ledger file, from all sources.
    pub(crate) fn ledger(&self) -> Result<PathBuf, SettingsError> {
        let flags = Layer {
            profile: self.profile.clone(),
            ledger: self.ledger.clone(),
            ..Layer::default()
        };
        Ok(Sources::read(flags, &self.read)?.layer().ledger())
    }
}

impl SettingsArgs {
    /// All sources, one over the other: flags and variables, file, profile; for a command that signs in.
    pub(crate) fn layer(&self) -> Result<Layer, SettingsError> {
        self.files.read.may_sign_in()?;
        Ok(self.sources()?.layer())
    }

    /// The same, each source by itself.
    pub(crate) fn sources(&self) -> Result<Sources, SettingsError> {
        let this = self.clone();
        let mut flags = Layer {
            profile: this.files.profile,
            ledger: this.files.ledger,
            rate: this.rate,
            burst: this.burst,
            concurrency: this.concurrency,
            max_attempts: this.max_attempts,
            timeout: this.timeout,
            connect_timeout: this.connect_timeout,
            throttle_wait: this.throttle_wait,
            grace: this.grace,
            max_outage: this.max_outage,
            max_failures: this.max_failures,
            max_duration: this.max_duration,
            until: this.until,
            allow_http: this.allow_http,
            places: (!this.place.is_empty()).then(|| this.place.into_iter().collect()),
            ..Layer::default()
        };
        this.roster.into_layer(&mut flags);
        this.hosts.into_layer(&mut flags);
        this.sign_in.into_layer(&mut flags);
        this.network.into_layer(&mut flags);
        this.rails.into_layer(&mut flags);
        this.grounds.into_layer(&mut flags);
        Sources::read(flags, &self.files.read)
    }
}
