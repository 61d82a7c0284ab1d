//! Finds the secret that signing in takes: in a file, in a variable, on standard input, in the keyring, or by asking.

use secrecy::{ExposeSecret, SecretString};

use crate::auth::PrivateKey;
use crate::job::sign_in::issuer::read_key;
use crate::job::sign_in::{SecretError, keyring};
use crate::job::{JobError, Voice};
use crate::settings::{
    Connection, SecretKind, SecretSource, SettingsError, SignInMethod, Ways, accept,
    open_to_others, value_of,
};

/// Finds out where the secret is that signing in takes, before anything is opened. Unless the settings name a variable,
/// the secret may be in the one that `variable` gives for its kind.
pub(crate) fn find_secret(
    connection: &Connection,
    variable: fn(SecretKind) -> &'static str,
    voice: &dyn Voice,
    stdin_is_terminal: bool,
) -> Result<SecretSource, JobError> {
    let sign_in = &connection.sign_in;
    let warn = |note: &String| voice.warn(&format!("warning: {note}"));
    connection.notes.iter().for_each(warn);
    let Some(kind) = sign_in.method.secret() else {
        return Ok(SecretSource::Unneeded);
    };
    if let SignInMethod::AnaplanCertificate { key, .. } = &sign_in.method {
        open_to_others("key", key).iter().for_each(warn);
        if !PrivateKey::is_encrypted(&read_key(key)?) {
            return Ok(SecretSource::Unneeded);
        }
    }
    let named = sign_in.secret_variable.as_deref();
    let ways = Ways {
        file: sign_in.secret_file.as_ref(),
        variable: value_of(named.unwrap_or_else(|| variable(kind))),
        keyring: sign_in.keyring,
        can_ask: voice.can_ask(),
        stdin_is_terminal,
    };
    let found = SecretSource::find(kind, ways, &sign_in.form)?;
    found.notes.iter().for_each(warn);
    Ok(found.source)
}

/// The secret itself; `None` if none is needed. If no source has it, the voice asks for it.
pub(crate) fn known_secret(
    source: &SecretSource,
    connection: &Connection,
    voice: &dyn Voice,
) -> Result<Option<SecretString>, JobError> {
    let kind = match source {
        SecretSource::Known(secret) => return Ok(Some(secret.clone())),
        SecretSource::Unneeded => return Ok(None),
        SecretSource::Ask(kind) => *kind,
        SecretSource::Keyring(kind) => {
            match keyring::kept(*kind, connection) {
                Ok(Some(secret)) => return Ok(Some(secret)),
                Ok(None) => {}
                Err(error) => voice.warn(&format!("warning: {error}")),
            }
            if !voice.can_ask() {
                return Err(SettingsError::NoSecret(*kind).into());
            }
            *kind
        }
    };
    let question = match (kind, &connection.sign_in.method) {
        (SecretKind::Password, _) => format!("Password of {}:", connection.sign_in.account()),
        (SecretKind::ClientSecret, SignInMethod::ClientCredentials { id, .. }) => {
            format!("Secret of client {id}:")
        }
        (SecretKind::KeyPassphrase, SignInMethod::AnaplanCertificate { key, .. }) => {
            format!("Passphrase of the key {}:", key.display())
        }
        (SecretKind::Token, _) => "Token:".to_owned(),
        (_, _) => "Secret:".to_owned(),
    };
    let typed = voice.ask_secret(&question).map_err(|error| {
        let what = kind.name();
        SecretError::NotTyped { what, error }
    })?;
    let typed = SecretString::from(typed);
    let form = &connection.sign_in.form;
    let (secret, note) = accept(kind, "the terminal", typed.expose_secret().as_bytes(), form)?;
    if let Some(note) = note {
        voice.warn(&format!("warning: {note}"));
    }
    Ok(Some(secret))
}
