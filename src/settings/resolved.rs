//! The settings after all sources were laid over each other: complete and checked.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::domain::{LedgerAddress, Limits, Means, Rails};
use crate::http::{BaseUrl, HttpSettings, PlainHttp};
use crate::lookup::QuerySupport;
use crate::pace::Rate;
use crate::roster::RosterOptions;
use crate::scim::Dialect;
use crate::settings::groups::{SecretVariables, network};
use crate::settings::values::{moment, some_time};
use crate::settings::{Grounds, Layer, MissingSetting, SecretKind, SettingsError, SignIn, Span};
use crate::settings::{protect, recorded, sign_in};

/// Requests in flight: far more than any provider takes, far fewer than there are sockets.
const MOST_AT_ONCE: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Requests at once after a pause: at the slowest rate, their time still fits the bucket's clock.
const MOST_BURST: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// Everything that a job needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile: the name of a built-in one, or of a file.
    pub profile: String,
    /// Where the ledger is.
    pub ledger: LedgerAddress,
    /// How the roster is to be read.
    pub roster: RosterOptions,
    /// The provider, and the account that signs in.
    pub connection: Connection,
    /// Requests per second or minute.
    pub rate: Rate,
    /// Requests at once after a pause.
    pub burst: NonZeroU32,
    /// Requests in flight.
    pub concurrency: NonZeroUsize,
    /// Writes for one user.
    pub max_attempts: NonZeroU32,
    /// The wait after a 429 that names no time.
    pub throttle_wait: Duration,
    /// Time for requests in flight after a stop.
    pub grace: Duration,
    /// The time between two renewals of the lease on the target, where the ledger is in a database.
    pub heartbeat: Duration,
    /// When a run is to stop by itself.
    pub limits: Limits,
    /// What keeps a job from beginning.
    pub safety: Safety,
    /// On which grounds a job is done.
    pub grounds: Grounds,
    /// What may be kept as evidence, as the sources gave it.
    pub(super) kept: Map<String, Value>,
}

/// What keeps a job from beginning, and users from being written.
#[derive(Debug, Clone)]
pub struct Safety {
    /// How much a job may do.
    pub rails: Rails,
    /// Patterns of users who are never written.
    pub protect: Vec<String>,
    /// The id of the account that signs in, where the provider does not report it.
    pub self_id: Option<String>,
    /// How old a plan may be when its run begins.
    pub plan_ttl: Duration,
    /// The number of users to write, and read again, before the others.
    pub canary: Option<u64>,
    /// Workspaces that one request can name.
    pub most_workspaces: usize,
    /// Whether a line may be written whose id and whose address are of two people.
    pub allow_mismatch: bool,
}

/// The provider, and the account that signs in.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The SCIM base URL.
    pub scim: BaseUrl,
    /// How the provider speaks.
    pub dialect: Dialect,
    /// How to sign in.
    pub sign_in: SignIn,
    /// Time limits.
    pub http: HttpSettings,
    /// What the user should know about the secrets of the network, in words.
    pub notes: Vec<String>,
}

impl Connection {
    /// What the provider lets a client find.
    pub fn finds(&self) -> QuerySupport {
        let find = &self.dialect.find;
        QuerySupport {
            pages: find.pages,
            page_size: find.page_size.get(),
            names: find.names_per_search as usize,
            active: find.count_active,
            ids: self.dialect.ids,
            absent_means_none: self.dialect.access.absent_means_none(),
        }
    }
}

impl Settings {
    /// What one write can do at this provider.
    pub fn means(&self) -> Means {
        self.connection.dialect.means(self.safety.most_workspaces)
    }

    /// Checks the layer that all sources make together. Where it has no value, the built-in one counts.
    ///
    /// # Errors
    /// A setting is missing, cannot be used, or contradicts another one.
    pub fn resolve(layer: Layer) -> Result<Self, SettingsError> {
        Self::resolve_with(layer, SecretVariables::Count)
    }

    /// The same for one of several targets of a worker. Secrets are where the layer says, and nowhere else: a variable
    /// is the same for all targets, and standard input is nobody's.
    ///
    /// # Errors
    /// As [`Settings::resolve`]; or a secret is to come from standard input.
    pub(crate) fn resolve_for_worker(layer: Layer) -> Result<Self, SettingsError> {
        let (sign_in, network) = (&layer.sign_in, &layer.network);
        for (file, kind) in [
            (&sign_in.password_file, SecretKind::Password),
            (&sign_in.token_file, SecretKind::Token),
            (&layer.oauth.client_secret_file, SecretKind::ClientSecret),
            (
                &layer.certificate.key_passphrase_file,
                SecretKind::KeyPassphrase,
            ),
            (&network.proxy_password_file, SecretKind::ProxyPassword),
            (
                &network.client_key_passphrase_file,
                SecretKind::ClientKeyPassphrase,
            ),
        ] {
            if file.as_deref() == Some(Path::new("-")) {
                return Err(SettingsError::NoPlaceOfSecret(kind));
            }
        }
        Self::resolve_with(layer, SecretVariables::DoNotCount)
    }

    fn resolve_with(layer: Layer, variables: SecretVariables) -> Result<Self, SettingsError> {
        let layer = layer.over(Layer::standard());
        let needs = lacking(&layer);
        if !needs.is_empty() {
            return Err(SettingsError::Missing { needs });
        }
        let kept = recorded::kept(&layer);
        let roster = layer.roster_options()?;
        let requests = &layer.requests;
        let time = |time: Option<Span>, need: MissingSetting| {
            some_time(need.flag, time.ok_or_else(|| need.missing())?)
        };
        let mut notes = Vec::new();
        let http = HttpSettings {
            connect_timeout: time(requests.connect_timeout, CONNECT_TIMEOUT)?,
            timeout: time(requests.timeout, TIMEOUT)?,
            network: network(&layer.network, variables, &mut notes)?,
            ..HttpSettings::default()
        };
        let plain = if layer.hosts.allow_http() {
            PlainHttp::Anywhere
        } else {
            PlainHttp::LoopbackOnly
        };
        let sign_in = SignIn::resolve(&layer, plain)?;
        let parts = layer.hosts.places.clone().unwrap_or_default();
        let flag = SCIM_URL.flag;
        let scim = layer.hosts.scim_url.as_ref();
        let scim = parts.fill(scim.ok_or_else(|| SCIM_URL.missing())?)?;
        let scim =
            BaseUrl::parse(&scim, plain).map_err(|source| SettingsError::Url { flag, source })?;
        let rails = &layer.rails;
        let files = rails.protect_file.as_deref().unwrap_or_default();
        let words = rails.protect.clone().unwrap_or_default();
        let safety = Safety {
            rails: Rails {
                cap: rails.cap(),
                cap_share: rails.cap_share(),
            },
            protect: protect::patterns(words.0, files)?,
            self_id: rails.self_id.clone().map(String::from),
            plan_ttl: rails.plan_ttl().0,
            canary: rails.canary.filter(|users| *users > 0),
            most_workspaces: layer.provider.most_workspaces.unwrap_or(usize::MAX),
            allow_mismatch: rails.allow_mismatch(),
        };
        let limits = &layer.limits;
        Ok(Self {
            profile: layer.files.profile().0,
            ledger: layer.files.ledger(),
            roster,
            connection: Connection {
                scim,
                dialect: layer.provider.scim.clone().unwrap_or_default(),
                sign_in,
                http,
                notes,
            },
            rate: requests.rate.ok_or_else(|| RATE.missing())?,
            burst: at_most("--burst", MOST_BURST, requests.burst())?,
            concurrency: at_most("--concurrency", MOST_AT_ONCE, requests.concurrency())?,
            max_attempts: requests.max_attempts(),
            throttle_wait: requests.throttle_wait().0,
            grace: requests.grace().0,
            heartbeat: requests.heartbeat().0,
            safety,
            limits: Limits {
                failures: limits.max_failures,
                duration: limits.max_duration.map(|Span(time)| time),
                until: limits.until.as_deref().map(moment).transpose()?,
                outage: limits.max_outage().0,
            },
            grounds: Grounds::new(layer.grounds),
            kept,
        })
    }
}

const SCIM_URL: MissingSetting = MissingSetting::new("where the SCIM service is", "--scim-url");
const RATE: MissingSetting = MissingSetting::new("how fast to send requests", "--rate");
const CONNECT_TIMEOUT: MissingSetting =
    MissingSetting::new("how long connecting may take", "--connect-timeout");
const TIMEOUT: MissingSetting = MissingSetting::new("how long a request may take", "--timeout");

/// All that is needed, and that no source says.
fn lacking(layer: &Layer) -> Vec<MissingSetting> {
    let Layer {
        hosts, requests, ..
    } = layer;
    let mut needs = Vec::new();
    for (need, is_there) in [
        (SCIM_URL, hosts.scim_url.is_some()),
        (RATE, requests.rate.is_some()),
        (CONNECT_TIMEOUT, requests.connect_timeout.is_some()),
        (TIMEOUT, requests.timeout.is_some()),
    ] {
        if !is_there {
            needs.push(need);
        }
    }
    needs.extend(sign_in::lacking(layer));
    needs
}

fn at_most<T: Copy + PartialOrd + ToString>(
    flag: &'static str,
    most: T,
    wanted: T,
) -> Result<T, SettingsError> {
    if wanted > most {
        let most = most.to_string();
        return Err(SettingsError::TooMuch { flag, most });
    }
    Ok(wanted)
}
