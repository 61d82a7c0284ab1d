//! The settings after all sources were laid over each other: complete, and checked.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{Limits, Means, Rails};
use crate::http::{BaseUrl, HttpSettings, PlainHttp};
use crate::lookup::QuerySupport;
use crate::pace::Rate;
use crate::roster::RosterOptions;
use crate::scim::Dialect;
use crate::settings::span::some_time;
use crate::settings::standard::{GRACE, LEDGER, PLAN_TTL, THROTTLE_WAIT};
use crate::settings::until::moment;
use crate::settings::{Grounds, Layer, SettingsError, SignIn, Span};
use crate::settings::{network, protect};

/// Requests in flight: far more than any provider takes, far fewer than there are sockets.
const MOST_AT_ONCE: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Requests at once after a pause: at the slowest rate, their time still fits the bucket's clock.
const MOST_BURST: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// Everything that a job needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile: the name of a built-in one, or of a file.
    pub profile: String,
    /// The ledger file.
    pub ledger: PathBuf,
    /// How the roster is to be read.
    pub roster: RosterOptions,
    /// Whom to talk to, and as whom.
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
    /// When a run is to stop by itself.
    pub limits: Limits,
    /// What keeps a job from beginning.
    pub safety: Safety,
    /// On which grounds a job is done.
    pub grounds: Grounds,
}

/// What keeps a job from beginning, and users from being touched.
#[derive(Debug, Clone)]
pub struct Safety {
    /// How much a job may do.
    pub rails: Rails,
    /// Who is never touched: patterns.
    pub protect: Vec<String>,
    /// The acting account's own id, where the provider does not tell it.
    pub self_id: Option<String>,
    /// How old a plan may be when its run begins.
    pub plan_ttl: Duration,
    /// Users to be removed, and looked at again, before the others.
    pub canary: Option<u64>,
    /// Workspaces that one request can name.
    pub most_workspaces: usize,
    /// Whether a line may be written whose id and whose address are of two people.
    pub allow_mismatch: bool,
}

/// Whom to talk to, and as whom.
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
    /// What a person should know about the secrets of the network, in words.
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

    /// Checks a complete layer.
    pub fn resolve(layer: Layer) -> Result<Self, SettingsError> {
        let need = |what, flag| move || SettingsError::Missing { what, flag };
        let roster = layer.roster_options()?;
        let span = |span: Option<Span>| span.map(|span| span.0);
        let mut notes = Vec::new();
        let http = HttpSettings {
            connect_timeout: some_time("--connect-timeout", layer.connect_timeout)?
                .ok_or_else(need("how long connecting may take", "--connect-timeout"))?,
            timeout: some_time("--timeout", layer.timeout)?
                .ok_or_else(need("how long a request may take", "--timeout"))?,
            network: network::network(&layer, &mut notes)?,
            ..HttpSettings::default()
        };
        let plain = if layer.allow_http.unwrap_or(false) {
            PlainHttp::Anywhere
        } else {
            PlainHttp::LoopbackOnly
        };
        let sign_in = SignIn::resolve(&layer, plain)?;
        let places = layer.places.unwrap_or_default();
        let url = |value: Option<String>, what, flag| {
            let text = places.fill(&value.ok_or_else(need(what, flag))?)?;
            BaseUrl::parse(&text, plain).map_err(|source| SettingsError::Url { flag, source })
        };
        let standard = Rails::default();
        let safety = Safety {
            rails: Rails {
                cap: layer.cap.unwrap_or(standard.cap),
                cap_share: layer.cap_share.unwrap_or(standard.cap_share),
            },
            protect: protect::patterns(
                layer.protect.unwrap_or_default(),
                &layer.protect_file.unwrap_or_default(),
            )?,
            self_id: layer.self_id,
            plan_ttl: span(layer.plan_ttl).unwrap_or(PLAN_TTL),
            canary: layer.canary.filter(|users| *users > 0),
            most_workspaces: layer.most_workspaces.unwrap_or(usize::MAX),
            allow_mismatch: layer.allow_mismatch.unwrap_or(false),
        };
        let dialect = layer.scim.unwrap_or_default();
        Ok(Self {
            profile: layer.profile.unwrap_or_default(),
            ledger: layer.ledger.unwrap_or_else(|| LEDGER.into()),
            roster,
            connection: Connection {
                scim: url(layer.scim_url, "where the SCIM service is", "--scim-url")?,
                dialect,
                sign_in,
                http,
                notes,
            },
            rate: layer.rate.ok_or_else(need("how fast to go", "--rate"))?,
            burst: at_most(
                "--burst",
                MOST_BURST,
                layer.burst.unwrap_or(NonZeroU32::MIN),
            )?,
            concurrency: at_most(
                "--concurrency",
                MOST_AT_ONCE,
                layer.concurrency.unwrap_or(NonZeroUsize::MIN),
            )?,
            max_attempts: layer.max_attempts.unwrap_or(NonZeroU32::MIN),
            throttle_wait: span(layer.throttle_wait).unwrap_or(THROTTLE_WAIT),
            grace: span(layer.grace).unwrap_or(GRACE),
            safety,
            grounds: Grounds::new(
                layer.ticket,
                layer.reason,
                layer.approver,
                layer.require.unwrap_or_default(),
            ),
            limits: Limits {
                failures: layer.max_failures,
                duration: span(layer.max_duration),
                until: layer.until.as_deref().map(moment).transpose()?,
                outage: span(layer.max_outage).unwrap_or(Limits::default().outage),
            },
        })
    }
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
