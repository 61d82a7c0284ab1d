//! The way to the provider. Files are read, the proxy is understood, and a setting whose other half is missing is
//! refused.

use std::io::IsTerminal;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use crate::auth::TokenForm;
use crate::http::{ClientIdentity, ClientIdentityError, Network, Proxy, ProxyChoice, Roots};
use crate::settings::SettingsError;
use crate::settings::declare::{KEPT, SECRET, SWITCH, SettingFacts, Trust, settings_group};
use crate::settings::secret::{SecretKind, SecretSource, Ways, accept, open_to_others, value_of};

/// The word for no proxy at all.
const DIRECT: &str = "none";

settings_group! {
    /// The way to the provider, and which certificates are trusted on it.
    NetworkSettings, "Network" under "Network" {
        /// The proxy, such as `http://name@proxy.example.com:3128`, or `none`. Its password is in
        /// `OFFBOARD_PROXY_PASSWORD`.
        proxy: String => SettingFacts {
            value: "URL",
            example: "http://name@proxy.example.com:3128",
            otherwise: "by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`",
            trust: Trust::NamedIf(|value| value.as_str() != Some(DIRECT)),
            ..KEPT
        };
        /// A file with the proxy's password.
        proxy_password_file: PathBuf => SettingFacts {
            value: "FILE",
            example: "/run/secrets/proxy",
            ..SECRET
        };
        /// Use the proxy for requests to this machine too.
        proxy_loopback: bool = false => SWITCH;
        /// Trust the certificate authorities in this PEM file too.
        ca_file: PathBuf => SettingFacts {
            value: "FILE",
            example: "authorities.pem",
            trust: Trust::Named,
            ..KEPT
        };
        /// Trust these authorities alone, not those of the system.
        ca_only: bool = false => SWITCH;
        /// The certificate to show to a server that asks for one, in PEM, with the certificates that vouch for it.
        client_cert: PathBuf => SettingFacts { value: "FILE", example: "client.pem", ..KEPT };
        /// The key of the client certificate, in PEM. The passphrase of an encrypted key is in
        /// `OFFBOARD_CLIENT_KEY_PASSPHRASE`.
        client_key: PathBuf => SettingFacts { value: "FILE", example: "client.key", ..SECRET };
        /// A file with the passphrase of the client's key.
        client_key_passphrase_file: PathBuf => SettingFacts {
            value: "FILE",
            example: "/run/secrets/client-key",
            ..SECRET
        };
    }
}

/// The way to the provider, and which certificates are trusted on it. What the user should know about its secrets is
/// added to `notes`.
///
/// # Errors
/// A file cannot be used, the proxy is no proxy, or one of two settings is missing that need each other.
pub(in crate::settings) fn network(
    settings: &NetworkSettings,
    variables: SecretVariables,
    notes: &mut Vec<String>,
) -> Result<Network, SettingsError> {
    let half = |given, lacking| SettingsError::Half { given, lacking };
    let identity = match (&settings.client_cert, &settings.client_key) {
        (None, None) => None,
        (Some(_), None) => return Err(half("--client-cert", "--client-key")),
        (None, Some(_)) => return Err(half("--client-key", "--client-cert")),
        (Some(certificate), Some(key)) => {
            let passphrase = if ClientIdentity::needs_passphrase(key) {
                let kind = SecretKind::ClientKeyPassphrase;
                let file = settings.client_key_passphrase_file.as_ref();
                secret(kind, file, variables, notes)?
            } else {
                None
            };
            let read = ClientIdentity::read(certificate, key, passphrase.as_ref());
            notes.extend(open_to_others("client's key", key));
            Some(read.map_err(|error| {
                let (flag, source) = match error {
                    ClientIdentityError::Certificate(source) => ("--client-cert", source),
                    ClientIdentityError::Key(source) => ("--client-key", source),
                };
                SettingsError::Tls { flag, source }
            })?)
        }
    };
    let only_roots = settings.ca_only();
    let roots = match &settings.ca_file {
        None if only_roots => return Err(half("--ca-only", "--ca-file")),
        None => Roots::default(),
        Some(path) => Roots::read(path).map_err(|source| SettingsError::Tls {
            flag: "--ca-file",
            source,
        })?,
    };
    Ok(Network {
        proxy: proxy(settings, variables, notes)?,
        proxy_loopback: settings.proxy_loopback(),
        roots,
        only_roots,
        identity,
    })
}

fn proxy(
    settings: &NetworkSettings,
    variables: SecretVariables,
    notes: &mut Vec<String>,
) -> Result<ProxyChoice, SettingsError> {
    let Some(text) = settings.proxy.as_deref() else {
        return Ok(ProxyChoice::Environment);
    };
    if text.trim().eq_ignore_ascii_case(DIRECT) {
        return Ok(ProxyChoice::Direct);
    }
    let kind = SecretKind::ProxyPassword;
    let file = settings.proxy_password_file.as_ref();
    let password = secret(kind, file, variables, notes)?;
    Ok(ProxyChoice::Named(Proxy::new(text, password)?))
}

/// Whether the variables of the process, which are the same for all targets, may hold a secret of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::settings) enum SecretVariables {
    /// A command has one target.
    Count,
    /// A worker has several.
    DoNotCount,
}

/// The secret in this file, or in the variable of its kind; `None` if neither is set. `-` at a terminal asks for
/// it, without showing what is typed. What the user should know about it is added to `notes`.
fn secret(
    kind: SecretKind,
    file: Option<&PathBuf>,
    variables: SecretVariables,
    notes: &mut Vec<String>,
) -> Result<Option<SecretString>, SettingsError> {
    let ways = Ways {
        file,
        variable: match variables {
            SecretVariables::Count => value_of(kind.variable()),
            SecretVariables::DoNotCount => None,
        },
        keyring: false,
        can_ask: true,
        stdin_is_terminal: std::io::stdin().is_terminal(),
    };
    let form = TokenForm::scheme("Basic");
    let found = SecretSource::find(kind, ways, &form)?;
    notes.extend(found.notes);
    Ok(match found.source {
        SecretSource::Known(secret) => Some(secret),
        SecretSource::Ask(_) if file.is_some() => {
            let unread = |error: std::io::Error| SettingsError::Secret {
                kind,
                from: "the terminal".to_owned(),
                why: error.to_string(),
            };
            let line = SecretString::from(rpassword::read_password().map_err(unread)?);
            Some(accept(kind, "the terminal", line.expose_secret().as_bytes(), &form)?.0)
        }
        SecretSource::Ask(_) | SecretSource::Keyring(_) | SecretSource::Unneeded => None,
    })
}
