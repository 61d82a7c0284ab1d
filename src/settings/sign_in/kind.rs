//! The names of the kinds of sign-in.

use std::fmt;
use std::str::FromStr;

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
