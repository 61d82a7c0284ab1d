//! The kinds of sign-in, their names, and what each needs apart from its secret.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::auth::{CertificateEncoding, ClientAuth, DeviceService, MessageFormat, TokenCommand};
use crate::http::{BaseUrl, Url};
use crate::settings::SecretKind;

/// A kind of sign-in, by its name in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInKind {
    /// Anaplan's token service, with a password.
    AnaplanBasic,
    /// Anaplan's token service, with a certificate and its key.
    AnaplanCertificate,
    /// OAuth device grant: a person approves a code, once (RFC 8628).
    OauthDevice,
    /// OAuth client credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// A token or key from elsewhere, on every request (RFC 6750).
    Bearer,
    /// HTTP's Basic scheme on every request (RFC 7617).
    Basic,
    /// A token that a program prints.
    Command,
}

/// All kinds with their names.
pub(super) const KINDS: [(SignInKind, &str); 7] = [
    (SignInKind::AnaplanBasic, "anaplan-basic"),
    (SignInKind::AnaplanCertificate, "anaplan-certificate"),
    (SignInKind::OauthDevice, "oauth-device"),
    (SignInKind::ClientCredentials, "client-credentials"),
    (SignInKind::Bearer, "bearer"),
    (SignInKind::Basic, "basic"),
    (SignInKind::Command, "command"),
];

/// The text names no kind of sign-in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no sign-in `{0}`; there are {known}", known = KINDS.map(|(_, name)| name).join(", "))]
pub struct SignInKindError(String);

impl FromStr for SignInKind {
    type Err = SignInKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        KINDS
            .iter()
            .find(|(_, name)| *name == text.trim())
            .map(|(kind, _)| *kind)
            .ok_or_else(|| SignInKindError(text.escape_debug().to_string()))
    }
}

impl fmt::Display for SignInKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KINDS.iter().find(|(kind, _)| kind == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// One kind of sign-in with what it needs, apart from its secret.
#[derive(Debug, Clone)]
pub enum SignInMethod {
    /// See [`SignInKind::AnaplanBasic`].
    AnaplanBasic {
        /// The token service.
        service: BaseUrl,
        /// The account.
        username: String,
    },
    /// See [`SignInKind::AnaplanCertificate`].
    AnaplanCertificate {
        /// The token service.
        service: BaseUrl,
        /// The PEM file with the certificate.
        certificate: PathBuf,
        /// The PEM file with its key; it may be the same one.
        key: PathBuf,
        /// How the certificate is shown.
        encoding: CertificateEncoding,
        /// What is signed.
        format: MessageFormat,
    },
    /// See [`SignInKind::OauthDevice`].
    OauthDevice {
        /// Where, and as which client.
        service: DeviceService,
        /// The file that keeps refresh tokens.
        cache: PathBuf,
    },
    /// See [`SignInKind::ClientCredentials`].
    ClientCredentials {
        /// The token endpoint.
        url: Url,
        /// The client's id.
        id: String,
        /// How it shows its secret.
        auth: ClientAuth,
        /// What the token is to be good for.
        scope: Option<String>,
    },
    /// See [`SignInKind::Bearer`].
    Bearer,
    /// See [`SignInKind::Basic`].
    Basic {
        /// The account.
        username: String,
    },
    /// See [`SignInKind::Command`].
    Command(TokenCommand),
}

impl SignInMethod {
    /// The secret that this method takes, if any; that of a key only if the key is encrypted.
    pub fn secret(&self) -> Option<SecretKind> {
        match self {
            Self::AnaplanBasic { .. } | Self::Basic { .. } => Some(SecretKind::Password),
            Self::AnaplanCertificate { .. } => Some(SecretKind::KeyPassphrase),
            Self::ClientCredentials { .. } => Some(SecretKind::ClientSecret),
            Self::Bearer => Some(SecretKind::Token),
            Self::OauthDevice { .. } | Self::Command(_) => None,
        }
    }

    /// The address of the service that gives tokens, if there is one.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::AnaplanBasic { service, .. } | Self::AnaplanCertificate { service, .. } => {
                Some(service.as_str())
            }
            Self::OauthDevice { service, .. } => Some(service.token_url.as_str()),
            Self::ClientCredentials { url, .. } => Some(url.as_str()),
            Self::Bearer | Self::Basic { .. } | Self::Command(_) => None,
        }
    }

    /// The word before a token, unless a profile says otherwise.
    pub(super) fn scheme(&self) -> &'static str {
        match self {
            Self::AnaplanBasic { .. } | Self::AnaplanCertificate { .. } => "AnaplanAuthToken",
            Self::Basic { .. } => "Basic",
            _ => "Bearer",
        }
    }
}
