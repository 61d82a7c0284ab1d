//! The network's settings made usable: files read, the proxy understood, halves refused.

use std::io::IsTerminal;

use secrecy::{ExposeSecret, SecretString};

use crate::auth::TokenForm;
use crate::http::{ClientIdentity, Network, Proxy, ProxyChoice, Roots};
use crate::settings::{
    Layer, SecretKind, SecretSource, SettingsError, Ways, accept, open_to_others,
};

/// The word for no proxy at all.
const DIRECT: &str = "none";

/// The way to the provider, and whom to trust on it. What a person should know about its secrets is
/// added to `notes`.
pub(super) fn network(layer: &Layer, notes: &mut Vec<String>) -> Result<Network, SettingsError> {
    let half = |given, lacking| SettingsError::Half { given, lacking };
    let identity = match (&layer.client_cert, &layer.client_key) {
        (None, None) => None,
        (Some(_), None) => return Err(half("--client-cert", "--client-key")),
        (None, Some(_)) => return Err(half("--client-key", "--client-cert")),
        (Some(certificate), Some(key)) => {
            let read = ClientIdentity::read(certificate, key);
            notes.extend(open_to_others("client's key", key));
            Some(read.map_err(|(source, is_key)| SettingsError::Tls {
                flag: if is_key {
                    "--client-key"
                } else {
                    "--client-cert"
                },
                source,
            })?)
        }
    };
    let only_roots = layer.ca_only.unwrap_or(false);
    let roots = match &layer.ca_file {
        None if only_roots => return Err(half("--ca-only", "--ca-file")),
        None => Roots::default(),
        Some(path) => Roots::read(path).map_err(|source| SettingsError::Tls {
            flag: "--ca-file",
            source,
        })?,
    };
    Ok(Network {
        proxy: proxy(layer, notes)?,
        proxy_loopback: layer.proxy_loopback.unwrap_or(false),
        roots,
        only_roots,
        identity,
    })
}

fn proxy(layer: &Layer, notes: &mut Vec<String>) -> Result<ProxyChoice, SettingsError> {
    let Some(text) = layer.proxy.as_deref() else {
        return Ok(ProxyChoice::Environment);
    };
    if text.trim().eq_ignore_ascii_case(DIRECT) {
        return Ok(ProxyChoice::Direct);
    }
    let kind = SecretKind::ProxyPassword;
    let ways = Ways {
        file: layer.proxy_password_file.as_ref(),
        variable: std::env::var_os(kind.variable()),
        can_ask: true,
        stdin_is_terminal: std::io::stdin().is_terminal(),
    };
    let typed = layer.proxy_password_file.is_some();
    let form = TokenForm::scheme("Basic");
    let found = SecretSource::find(kind, ways, &form)?;
    notes.extend(found.notes);
    let password = match found.source {
        SecretSource::Known(password) => Some(password),
        // `-` at a terminal: typed without being shown.
        SecretSource::Ask(_) if typed => {
            let unread = |error: std::io::Error| SettingsError::Secret {
                kind,
                from: "the terminal".to_owned(),
                why: error.to_string(),
            };
            let line = SecretString::from(rpassword::read_password().map_err(unread)?);
            Some(accept(kind, "the terminal", line.expose_secret().as_bytes(), &form)?.0)
        }
        SecretSource::Ask(_) | SecretSource::Unneeded => None,
    };
    Ok(ProxyChoice::Named(Proxy::new(text, password)?))
}
