//! Where a secret comes from: a file, standard input, a variable, or a prompt. Never a flag's value,
//! since process lists show those.

use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::settings::SettingsError;

/// Which secret it is. A kind of sign-in takes one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// An account's password.
    Password,
    /// A token or an API key.
    Token,
    /// The secret of an OAuth client.
    ClientSecret,
    /// What opens an encrypted private key.
    KeyPassphrase,
    /// The password for a proxy.
    ProxyPassword,
}

impl SecretKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Password,
        Self::Token,
        Self::ClientSecret,
        Self::KeyPassphrase,
        Self::ProxyPassword,
    ];

    /// Its name among the settings.
    pub fn key(self) -> &'static str {
        let key = self.flag().trim_start_matches('-');
        key.trim_end_matches("-file")
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
            Self::ClientSecret => "client secret",
            Self::KeyPassphrase => "passphrase of the key",
            Self::ProxyPassword => "password for the proxy",
        }
    }

    /// The variable that may hold it.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Password => "OFFBOARD_PASSWORD",
            Self::Token => "OFFBOARD_TOKEN",
            Self::ClientSecret => "OFFBOARD_CLIENT_SECRET",
            Self::KeyPassphrase => "OFFBOARD_KEY_PASSPHRASE",
            Self::ProxyPassword => "OFFBOARD_PROXY_PASSWORD",
        }
    }

    /// The flag that names its file.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Password => "--password-file",
            Self::Token => "--token-file",
            Self::ClientSecret => "--client-secret-file",
            Self::KeyPassphrase => "--key-passphrase-file",
            Self::ProxyPassword => "--proxy-password-file",
        }
    }

    /// A longer one, in bytes, is a mistake, such as the wrong file.
    fn longest(self) -> u64 {
        match self {
            Self::Password | Self::ClientSecret | Self::KeyPassphrase | Self::ProxyPassword => 4096,
            // Signed tokens with many claims get long; servers take headers of 8 to 64 KiB.
            Self::Token => 64 * 1024,
        }
    }
}

/// Where a secret comes from.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// It is at hand.
    Known(SecretString),
    /// Somebody at a terminal has to be asked, once it is needed.
    Ask(SecretKind),
    /// None is needed.
    Unneeded,
}

impl SecretSource {
    /// Finds the secret: `file` wins over the `variable`'s value; without either somebody is asked,
    /// if `can_ask`.
    ///
    /// # Errors
    /// The file cannot be read or holds nothing, or there is nobody to ask.
    pub fn find(
        kind: SecretKind,
        file: Option<&PathBuf>,
        variable: Option<String>,
        can_ask: bool,
    ) -> Result<Self, SettingsError> {
        match (file, variable) {
            (Some(path), _) if path == Path::new("-") => {
                read(kind, "standard input", std::io::stdin().lock()).map(Self::Known)
            }
            (Some(path), _) => {
                let name = format!("`{}`", path.display());
                let file =
                    std::fs::File::open(path).map_err(|error| failed(kind, &name, &error))?;
                read(kind, &name, file).map(Self::Known)
            }
            (None, Some(value)) if !value.is_empty() => Ok(Self::Known(SecretString::from(value))),
            (None, _) if can_ask => Ok(Self::Ask(kind)),
            (None, _) => Err(SettingsError::NoSecret(kind)),
        }
    }
}

/// Reads one line; the line's end is not part of the secret.
fn read(kind: SecretKind, name: &str, source: impl Read) -> Result<SecretString, SettingsError> {
    let mut text = String::new();
    source
        .take(kind.longest() + 1)
        .read_to_string(&mut text)
        .map_err(|error| failed(kind, name, &error))?;
    if text.len() as u64 > kind.longest() {
        let why = format!("it is longer than any {}", kind.name());
        return Err(failed(kind, name, &why));
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(failed(kind, name, &"it is empty"));
    }
    if secret.contains(['\r', '\n']) {
        return Err(failed(kind, name, &"it holds more than one line"));
    }
    Ok(SecretString::from(secret.to_owned()))
}

fn failed(kind: SecretKind, from: &str, why: &impl ToString) -> SettingsError {
    SettingsError::Secret {
        kind,
        from: from.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn only_the_end_of_the_line_is_cut_off() {
        let read = |text: &str| read(SecretKind::Password, "f", text.as_bytes());
        for (text, password) in [("s3cret\n", "s3cret"), (" a b \r\n", " a b "), ("x", "x")] {
            assert_eq!(read(text).unwrap().expose_secret(), password);
        }
        for bad in ["", "\n", "one\ntwo\n", &"x".repeat(5000)] {
            assert!(read(bad).is_err());
        }
    }

    #[test]
    fn a_token_may_be_longer_than_a_password() {
        let long = "x".repeat(5000);
        assert!(read(SecretKind::Token, "f", long.as_bytes()).is_ok());
        let long = "x".repeat(70_000);
        assert!(read(SecretKind::Token, "f", long.as_bytes()).is_err());
    }

    #[test]
    fn p10_a_secret_is_never_printed() {
        let planted = Some("planted".to_owned());
        let source = SecretSource::find(SecretKind::Token, None, planted, false).unwrap();
        assert!(!format!("{source:?}").contains("planted"));
    }

    #[test]
    fn without_a_terminal_a_missing_secret_is_an_error_that_names_the_ways() {
        for kind in SecretKind::ALL {
            let error = SecretSource::find(kind, None, None, false).unwrap_err();
            let hint = error.hint().unwrap();
            assert!(
                hint.contains(kind.flag()) && hint.contains(kind.variable()),
                "{hint}"
            );
            assert!(matches!(
                SecretSource::find(kind, None, None, true),
                Ok(SecretSource::Ask(asked)) if asked == kind
            ));
        }
    }
}
