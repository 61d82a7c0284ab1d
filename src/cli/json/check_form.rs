//! What `check` has found.

use serde::Serialize;
use serde_json::Value;

/// `check`: what was found. Members for what was not asked are absent.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The SCIM base URL.
    pub(crate) target: String,
    /// The ledger file, which was not opened.
    pub(crate) ledger: String,
    /// Where the secret was found.
    pub(crate) secret: String,
    /// The account that signs in.
    pub(crate) account: AccountForm,
    /// What the provider says of itself (`ServiceProviderConfig`).
    pub(crate) provider: Value,
    /// The two clocks; absent if the provider did not say its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clock: Option<ClockForm>,
    /// Where users have access; absent if the profile names no attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access: Option<AccessForm>,
    /// The users of the provider.
    pub(crate) users: UsersForm,
    /// The pace that is set.
    pub(crate) pace: PaceForm,
    /// What the roster takes; absent if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) roster: Option<EstimateForm>,
    /// What is to be looked at, in words.
    pub(crate) warnings: Vec<String>,
    /// Whether a job may begin: no line of the roster is unusable.
    pub(crate) ready: bool,
    /// The command that comes next; the change is an example.
    pub(crate) next: String,
}

/// The account that signs in.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AccountForm {
    /// Its name.
    pub(crate) name: String,
    /// Its own id, or the one of `--self`; absent if neither is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Its tenant; absent if the provider does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
}

/// The two clocks.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ClockForm {
    /// How many milliseconds the provider's clock is ahead of this machine's.
    pub(crate) skew_ms: i64,
}

/// Where users have access.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AccessForm {
    /// The attribute in which the profile looks for access.
    pub(crate) attribute: String,
    /// Whether the provider shows it.
    pub(crate) shown: bool,
    /// Other attributes in which users have access, which is not removed.
    pub(crate) kept: Vec<String>,
}

/// The users of the provider.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UsersForm {
    /// How many there are; null if the provider does not say.
    pub(crate) total: Option<u64>,
}

/// The pace that is set.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PaceForm {
    /// Requests in a time, such as `8/s`.
    pub(crate) rate: String,
    /// Requests that may be sent at once.
    pub(crate) burst: u32,
    /// Requests that may be in flight.
    pub(crate) concurrency: usize,
}

/// What a roster takes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EstimateForm {
    /// The number of records.
    pub(crate) lines: u64,
    /// The number of users, at most.
    pub(crate) users: u64,
    /// About how many requests.
    pub(crate) requests: u64,
    /// Seconds at the set rate; null if the rate is not limited.
    pub(crate) seconds: Option<u64>,
}
