//! The kinds of sign-in, what a session asks of each, and the possible results.

use std::time::Duration;

use secrecy::SecretString;

use crate::auth::redact::Secrets;
use crate::auth::signed_in_account::Identity;

use super::anaplan::Anaplan;
use super::client_credentials::ClientCredentials;
use super::command::FromCommand;
use super::device_grant::Device;
use super::fixed_credential::Fixed;

/// What a session asks its issuer for.
#[derive(Debug, Clone)]
pub(in crate::auth) enum TokenRequest {
    /// A new token, with a password, certificate or whatever this kind uses.
    New,
    /// A new token for this one, which is still valid.
    Renewal(SecretString),
}

/// The result of asking for a token.
#[derive(Debug)]
pub(in crate::auth) enum Grant {
    /// A token, and how long it is still valid; `None` if the service does not say.
    Issued(SecretString, Option<Duration>),
    /// Nothing is wrong; ask again after this time.
    Pending(Duration),
    /// The service refuses; the text is its own explanation. Asking again is useless.
    Refused(String),
    /// A proxy refuses all requests. Asking again is useless.
    Blocked(String),
    /// The service cannot answer now.
    Failed {
        /// Why, for people.
        why: String,
        /// How long the service asks all requests to wait.
        wait: Option<Duration>,
        /// Whether it wants fewer requests (429).
        throttled: bool,
    },
}

/// One kind of sign-in, with all that it needs.
#[derive(Debug)]
pub enum Issuer {
    /// Anaplan's token service.
    Anaplan(Anaplan),
    /// An OAuth service, for a person who approves a code.
    Device(Box<Device>),
    /// An OAuth service, for a client with a secret.
    Client(ClientCredentials),
    /// A program.
    Command(FromCommand),
    /// No service: the secret from the administrator is sent with each request.
    Fixed(Fixed),
}

impl Issuer {
    /// Takes the next step towards a token.
    pub(in crate::auth) async fn ask(&self, request: &TokenRequest) -> Grant {
        match self {
            Self::Anaplan(anaplan) => anaplan.ask(request).await,
            Self::Device(device) => device.ask().await,
            Self::Client(client) => client.ask().await,
            Self::Command(command) => command.ask().await,
            Self::Fixed(fixed) => fixed.ask(),
        }
    }

    /// The account of this token, if the provider reports it.
    pub(in crate::auth) async fn identity(&self, token: &SecretString) -> Option<Identity> {
        match self {
            Self::Anaplan(anaplan) => anaplan.identity(token).await,
            Self::Device(_) | Self::Client(_) | Self::Command(_) | Self::Fixed(_) => None,
        }
    }

    /// Makes a token invalid, if the service can do that.
    pub(in crate::auth) async fn give_back(&self, token: &SecretString) -> Result<(), String> {
        match self {
            Self::Anaplan(anaplan) => anaplan.log_out(token).await,
            Self::Device(_) | Self::Client(_) | Self::Command(_) | Self::Fixed(_) => Ok(()),
        }
    }

    /// How often to ask before giving up.
    pub(in crate::auth) fn tries(&self) -> u32 {
        match self {
            // A program decides itself how often to try, and it may ask a person each time.
            Self::Command(_) => 2,
            _ => 6,
        }
    }

    /// All secrets that this issuer knows.
    pub(in crate::auth) fn secrets(&self) -> &Secrets {
        match self {
            Self::Anaplan(anaplan) => anaplan.secrets(),
            Self::Device(device) => device.secrets(),
            Self::Client(client) => client.secrets(),
            Self::Command(command) => command.secrets(),
            Self::Fixed(fixed) => fixed.secrets(),
        }
    }
}
