//! The network's settings made usable: files read, the proxy understood, halves refused.

use crate::http::{ClientIdentity, Network, Proxy, ProxyChoice, Roots};
use crate::settings::{Layer, SecretKind, SecretSource, SettingsError};

/// The word for no proxy at all.
const DIRECT: &str = "none";

/// The way to the provider, and whom to trust on it.
pub(super) fn network(layer: &Layer) -> Result<Network, SettingsError> {
    let half = |given, lacking| SettingsError::Half { given, lacking };
    let identity = match (&layer.client_cert, &layer.client_key) {
        (None, None) => None,
        (Some(_), None) => return Err(half("--client-cert", "--client-key")),
        (None, Some(_)) => return Err(half("--client-key", "--client-cert")),
        (Some(certificate), Some(key)) => {
            let read = ClientIdentity::read(certificate, key);
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
        proxy: proxy(layer)?,
        proxy_loopback: layer.proxy_loopback.unwrap_or(false),
        roots,
        only_roots,
        identity,
    })
}

fn proxy(layer: &Layer) -> Result<ProxyChoice, SettingsError> {
    let Some(text) = layer.proxy.as_deref() else {
        return Ok(ProxyChoice::Environment);
    };
    if text.trim().eq_ignore_ascii_case(DIRECT) {
        return Ok(ProxyChoice::Direct);
    }
    let file = layer.proxy_password_file.as_ref();
    let kind = SecretKind::ProxyPassword;
    let variable = std::env::var(kind.variable()).ok();
    let password = match SecretSource::find(kind, file, variable, true)? {
        SecretSource::Known(password) => Some(password),
        SecretSource::Ask(_) | SecretSource::Unneeded => None,
    };
    Ok(ProxyChoice::Named(Proxy::new(text, password)?))
}
