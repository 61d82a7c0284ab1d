//! Where tokens come from: one kind of sign-in, one file.
//!
//! An issuer does one step of getting a token each time it is asked, and says what came of it. When
//! to ask, how often, and who waits meanwhile is the session's business.

mod anaplan;
mod answer;
mod client;
mod command;
mod device;
mod fixed;
mod oauth;

use std::time::Duration;

use secrecy::SecretString;

use super::identity::Identity;
use super::redact::Secrets;

pub use anaplan::Anaplan;
pub use client::{Client, ClientCredentials};
pub use command::{FromCommand, Speaker, TokenCommand};
pub use device::{Device, DevicePrompt, DeviceService, Notifier};
pub use fixed::Fixed;
pub use oauth::ClientAuth;

/// What a session asks its issuer for.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    /// A token, by all that proves who we are.
    New,
    /// A token in the place of this one, which still lives.
    Renewal(SecretString),
}

/// What came of asking for a token.
#[derive(Debug)]
pub(super) enum Grant {
    /// A token, and how long it still lives; `None` if it does not say.
    Given(SecretString, Option<Duration>),
    /// Nothing is wrong, and the next step is due after so long.
    Pending(Duration),
    /// The service says no; the text is its own account. Asking again is useless.
    Refused(String),
    /// Something on the way, such as a proxy, lets no request through: asking again is useless, too.
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
    /// No service: the given credential is the one that is sent.
    Fixed(Fixed),
}

impl Issuer {
    /// Does the next step towards a token.
    pub(super) async fn ask(&self, ask: &Ask) -> Grant {
        match self {
            Self::Anaplan(anaplan) => anaplan.ask(ask).await,
            Self::Device(device) => device.ask().await,
            Self::Client(client) => client.ask().await,
            Self::Command(command) => command.ask().await,
            Self::Fixed(fixed) => fixed.ask(),
        }
    }

    /// The account that this token belongs to, if the provider reports it.
    pub(super) async fn identity(&self, token: &SecretString) -> Option<Identity> {
        match self {
            Self::Anaplan(anaplan) => anaplan.identity(token).await,
            Self::Device(_) | Self::Client(_) | Self::Command(_) | Self::Fixed(_) => None,
        }
    }

    /// Ends a token's life, where that can be done.
    pub(super) async fn give_back(&self, token: &SecretString) -> Result<(), String> {
        match self {
            Self::Anaplan(anaplan) => anaplan.log_out(token).await,
            Self::Device(_) | Self::Client(_) | Self::Command(_) | Self::Fixed(_) => Ok(()),
        }
    }

    /// How often it is worth while to ask again after a failure.
    pub(super) fn tries(&self) -> u32 {
        match self {
            // A program knows best how often to try; it may ask a person each time.
            Self::Command(_) => 2,
            _ => 6,
        }
    }

    /// All secrets that this issuer was given or has obtained.
    pub(super) fn secrets(&self) -> &Secrets {
        match self {
            Self::Anaplan(anaplan) => anaplan.secrets(),
            Self::Device(device) => device.secrets(),
            Self::Client(client) => client.secrets(),
            Self::Command(command) => command.secrets(),
            Self::Fixed(fixed) => fixed.secrets(),
        }
    }
}
