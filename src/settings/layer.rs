//! One source of settings: everything in it is optional.

use std::fmt::Display;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::auth::{CertificateEncoding, ClientAuth, MessageFormat};
use crate::domain::{FailureLimit, Share};
use crate::pace::Rate;
use crate::roster::TextEncoding;
use crate::scim::Dialect;
use crate::settings::dialect::{self, About};
use crate::settings::places::{self, Places};
use crate::settings::region::RegionGroup;
use crate::settings::standard;
use crate::settings::written::Written;
use crate::settings::{Requirement, SignInKind, Span};

/// One source of settings. Names in files are those of the flags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layer {
    /// How the provider behaves: a built-in profile, or a file.
    pub profile: Option<String>,
    /// The region of the tenant: it stands for all hosts.
    pub region: Option<String>,
    /// Where the regions have their hosts.
    pub regions: Option<Vec<RegionGroup>>,
    /// The whole SCIM base URL.
    pub scim_url: Option<String>,
    /// The sign-in service's origin.
    pub auth_url: Option<String>,
    /// The OAuth service's origin.
    pub oauth_url: Option<String>,
    /// How to sign in.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub sign_in: Option<SignInKind>,
    /// The word before a token.
    pub token_scheme: Option<String>,
    /// The header that carries a token.
    pub token_header: Option<String>,
    /// Where the token is; `-` is standard input.
    pub token_file: Option<PathBuf>,
    /// The PEM file with the certificate.
    pub certificate_file: Option<PathBuf>,
    /// How the certificate is shown.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub certificate_encoding: Option<CertificateEncoding>,
    /// What is signed with the key of the certificate.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub certificate_format: Option<MessageFormat>,
    /// The PEM file with the certificate's key.
    pub key_file: Option<PathBuf>,
    /// Where the passphrase of the key is; `-` is standard input.
    pub key_passphrase_file: Option<PathBuf>,
    /// The id of the OAuth client.
    pub client_id: Option<String>,
    /// Where the secret of the OAuth client is; `-` is standard input.
    pub client_secret_file: Option<PathBuf>,
    /// How an OAuth client shows its secret.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub client_auth: Option<ClientAuth>,
    /// What a token is to be good for, as the OAuth service names it.
    pub scope: Option<String>,
    /// Where OAuth tokens are given.
    pub token_url: Option<String>,
    /// Where OAuth codes for devices are given.
    pub device_url: Option<String>,
    /// The file that keeps refresh tokens.
    pub token_cache: Option<PathBuf>,
    /// The program that prints a token, with its arguments.
    pub token_command: Option<String>,
    /// Whether a shell is to read that.
    pub token_command_shell: Option<bool>,
    /// How long that program may take.
    pub token_command_timeout: Option<Span>,
    /// How long its tokens live.
    pub token_life: Option<Span>,
    /// The account to sign in as.
    pub username: Option<String>,
    /// Where the password is; `-` is standard input.
    pub password_file: Option<PathBuf>,
    /// The ledger file.
    pub ledger: Option<PathBuf>,
    /// The roster's column of user ids: a name, or `#3`.
    pub id_column: Option<String>,
    /// The roster's column of e-mail addresses.
    pub email_column: Option<String>,
    /// The roster's encoding.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub encoding: Option<TextEncoding>,
    /// The line on which the roster's header begins.
    pub header_line: Option<NonZeroU64>,
    /// Whether the roster has no header.
    pub no_header: Option<bool>,
    /// Whether ids and names are taken as they stand.
    pub allow_unusual_ids: Option<bool>,
    /// Requests per second or minute.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub rate: Option<Rate>,
    /// Requests at once after a pause.
    pub burst: Option<NonZeroU32>,
    /// Requests in flight.
    pub concurrency: Option<NonZeroUsize>,
    /// Writes for one user.
    pub max_attempts: Option<NonZeroU32>,
    /// Time for one request in all.
    pub timeout: Option<Span>,
    /// Time to connect.
    pub connect_timeout: Option<Span>,
    /// The wait after a 429 that names no time.
    pub throttle_wait: Option<Span>,
    /// Time for requests in flight after a stop.
    pub grace: Option<Span>,
    /// Time for which the target may be out.
    pub max_outage: Option<Span>,
    /// How many users may fail.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub max_failures: Option<FailureLimit>,
    /// Time for a run.
    pub max_duration: Option<Span>,
    /// The moment at which a run stops.
    pub until: Option<String>,
    /// Whether plain http may leave the machine.
    pub allow_http: Option<bool>,
    /// The proxy for all requests; `none` for none at all.
    pub proxy: Option<String>,
    /// Where the proxy's password is.
    pub proxy_password_file: Option<PathBuf>,
    /// Whether requests to this very machine take the proxy too.
    pub proxy_loopback: Option<bool>,
    /// Certificate authorities to be trusted, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Whether these alone are trusted.
    pub ca_only: Option<bool>,
    /// The certificate that we show, in PEM.
    pub client_cert: Option<PathBuf>,
    /// Its key, in PEM.
    pub client_key: Option<PathBuf>,
    /// Users whom a job may write.
    pub cap: Option<u64>,
    /// Which part of the tenant's active users a job may write.
    #[serde(deserialize_with = "from_text", serialize_with = "as_text", default)]
    pub cap_share: Option<Share>,
    /// Who is never written: patterns.
    pub protect: Option<Vec<String>>,
    /// Files of such patterns, one on each line.
    pub protect_file: Option<Vec<PathBuf>>,
    /// The acting account's own id, where the provider does not tell it.
    #[serde(rename = "self")]
    pub self_id: Option<String>,
    /// How old a plan may be when its run begins.
    pub plan_ttl: Option<Span>,
    /// Users to be removed, and looked at again, before the others.
    pub canary: Option<u64>,
    /// The ticket that asks for the job.
    pub ticket: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Who has approved it.
    pub approver: Option<String>,
    /// What of these must be given.
    pub require: Option<Vec<Requirement>>,
    /// Workspaces that one request can name.
    pub most_workspaces: Option<usize>,
    /// Whether a line may be written whose id and whose address are of two people.
    pub allow_mismatch: Option<bool>,
    /// Whether one bad line of a roster is too many.
    pub strict: Option<bool>,
    /// Whether users are looked up one by one, each right before being written.
    pub no_lookup: Option<bool>,
    /// How progress is shown.
    pub progress: Option<String>,
    /// Whether a report masks names and addresses.
    pub redact: Option<bool>,
    /// The file that the log is appended to.
    pub log_file: Option<PathBuf>,
    /// What stands in the places of URLs, such as `{directory}`.
    pub places: Option<Places>,
    /// How the provider speaks SCIM. Taken as a whole from the uppermost source that has it.
    #[serde(deserialize_with = "dialect::checked", default, skip_serializing)]
    pub scim: Option<Dialect>,
    /// What a profile says of itself.
    #[serde(skip_serializing)]
    pub about: Option<About>,
}

impl Layer {
    /// The ledger file.
    pub fn ledger(&self) -> PathBuf {
        let ledger = self.ledger.clone();
        ledger.unwrap_or_else(|| standard::LEDGER.into())
    }

    /// This layer laid over `lower`: what is set here wins.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        Self {
            profile: self.profile.or(lower.profile),
            region: self.region.or(lower.region),
            regions: both(self.regions, lower.regions),
            scim_url: self.scim_url.or(lower.scim_url),
            auth_url: self.auth_url.or(lower.auth_url),
            oauth_url: self.oauth_url.or(lower.oauth_url),
            sign_in: self.sign_in.or(lower.sign_in),
            token_scheme: self.token_scheme.or(lower.token_scheme),
            token_header: self.token_header.or(lower.token_header),
            token_file: self.token_file.or(lower.token_file),
            certificate_file: self.certificate_file.or(lower.certificate_file),
            certificate_encoding: self.certificate_encoding.or(lower.certificate_encoding),
            certificate_format: self.certificate_format.or(lower.certificate_format),
            key_file: self.key_file.or(lower.key_file),
            key_passphrase_file: self.key_passphrase_file.or(lower.key_passphrase_file),
            client_id: self.client_id.or(lower.client_id),
            client_secret_file: self.client_secret_file.or(lower.client_secret_file),
            client_auth: self.client_auth.or(lower.client_auth),
            scope: self.scope.or(lower.scope),
            token_url: self.token_url.or(lower.token_url),
            device_url: self.device_url.or(lower.device_url),
            token_cache: self.token_cache.or(lower.token_cache),
            token_command: self.token_command.or(lower.token_command),
            token_command_shell: self.token_command_shell.or(lower.token_command_shell),
            token_command_timeout: self.token_command_timeout.or(lower.token_command_timeout),
            token_life: self.token_life.or(lower.token_life),
            username: self.username.or(lower.username),
            password_file: self.password_file.or(lower.password_file),
            ledger: self.ledger.or(lower.ledger),
            id_column: self.id_column.or(lower.id_column),
            email_column: self.email_column.or(lower.email_column),
            encoding: self.encoding.or(lower.encoding),
            // One says where the header is, the other that there is none.
            header_line: (self.header_line)
                .or(lower.header_line.filter(|_| self.no_header != Some(true))),
            no_header: (self.no_header).or(lower.no_header.filter(|_| self.header_line.is_none())),
            allow_unusual_ids: self.allow_unusual_ids.or(lower.allow_unusual_ids),
            rate: self.rate.or(lower.rate),
            burst: self.burst.or(lower.burst),
            concurrency: self.concurrency.or(lower.concurrency),
            max_attempts: self.max_attempts.or(lower.max_attempts),
            timeout: self.timeout.or(lower.timeout),
            connect_timeout: self.connect_timeout.or(lower.connect_timeout),
            throttle_wait: self.throttle_wait.or(lower.throttle_wait),
            grace: self.grace.or(lower.grace),
            max_outage: self.max_outage.or(lower.max_outage),
            max_failures: self.max_failures.or(lower.max_failures),
            max_duration: self.max_duration.or(lower.max_duration),
            until: self.until.or(lower.until),
            allow_http: self.allow_http.or(lower.allow_http),
            proxy: self.proxy.or(lower.proxy),
            proxy_password_file: self.proxy_password_file.or(lower.proxy_password_file),
            proxy_loopback: self.proxy_loopback.or(lower.proxy_loopback),
            ca_file: self.ca_file.or(lower.ca_file),
            ca_only: self.ca_only.or(lower.ca_only),
            client_cert: self.client_cert.or(lower.client_cert),
            client_key: self.client_key.or(lower.client_key),
            cap: self.cap.or(lower.cap),
            cap_share: self.cap_share.or(lower.cap_share),
            protect: both(self.protect, lower.protect),
            protect_file: both(self.protect_file, lower.protect_file),
            self_id: self.self_id.or(lower.self_id),
            plan_ttl: self.plan_ttl.or(lower.plan_ttl),
            canary: self.canary.or(lower.canary),
            ticket: self.ticket.or(lower.ticket),
            reason: self.reason.or(lower.reason),
            approver: self.approver.or(lower.approver),
            require: both(self.require, lower.require),
            most_workspaces: self.most_workspaces.or(lower.most_workspaces),
            allow_mismatch: self.allow_mismatch.or(lower.allow_mismatch),
            strict: self.strict.or(lower.strict),
            no_lookup: self.no_lookup.or(lower.no_lookup),
            progress: self.progress.or(lower.progress),
            redact: self.redact.or(lower.redact),
            log_file: self.log_file.or(lower.log_file),
            places: places::both(self.places, lower.places),
            scim: self.scim.or(lower.scim),
            about: self.about.or(lower.about),
        }
    }
}

/// Joins the lists of two sources. A source can only add: it never removes a pattern that protects users, or a
/// requirement, of another source.
fn both<T>(upper: Option<Vec<T>>, lower: Option<Vec<T>>) -> Option<Vec<T>> {
    match (upper, lower) {
        (Some(mut upper), Some(lower)) => {
            upper.extend(lower);
            Some(upper)
        }
        (upper, lower) => upper.or(lower),
    }
}

fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let written = Written::deserialize(deserializer)?;
    let text = written.to_string();
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// What `from_text` reads back.
#[expect(clippy::ref_option, reason = "this is how serde calls it")]
fn as_text<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
