//! Where a secret comes from: a file, standard input, a variable, or a prompt. Never a flag's value,
//! since process lists show those.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::auth::{SecretShape, TokenForm, parse_secret};
use crate::platform;
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
    /// What opens the encrypted key of a client certificate.
    ClientKeyPassphrase,
}

impl SecretKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Password,
        Self::Token,
        Self::ClientSecret,
        Self::KeyPassphrase,
        Self::ProxyPassword,
        Self::ClientKeyPassphrase,
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
            Self::ClientKeyPassphrase => "passphrase of the client's key",
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
            Self::ClientKeyPassphrase => "OFFBOARD_CLIENT_KEY_PASSPHRASE",
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
            Self::ClientKeyPassphrase => "--client-key-passphrase-file",
        }
    }

    /// A longer one, in bytes, is a mistake, such as the wrong file.
    fn longest(self) -> u64 {
        match self {
            Self::Password
            | Self::ClientSecret
            | Self::KeyPassphrase
            | Self::ProxyPassword
            | Self::ClientKeyPassphrase => 4096,
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
    /// The user has to be asked for it at a terminal, once it is needed.
    Ask(SecretKind),
    /// The keyring of the system may hold it. If not, it is asked for, and kept there once it has signed in.
    Keyring(SecretKind),
    /// None is needed.
    Unneeded,
}

/// Where a secret was found, and what a person should know about it.
#[derive(Debug, Clone)]
pub struct FoundSecret {
    /// Where it comes from.
    pub source: SecretSource,
    /// What is odd about it, in words.
    pub notes: Vec<String>,
}

/// The ways in which a secret may be given.
#[derive(Debug)]
pub struct Ways<'a> {
    /// A file; `-` is standard input.
    pub file: Option<&'a PathBuf>,
    /// A variable, and what it holds.
    pub variable: Option<(&'a str, OsString)>,
    /// Whether the keyring of the system may hold it.
    pub keyring: bool,
    /// Whether a person can be asked.
    pub can_ask: bool,
    /// Whether standard input is a terminal, at which a person types.
    pub stdin_is_terminal: bool,
}

/// A variable, and what it holds; `None` if it is not set.
pub(crate) fn value_of(variable: &str) -> Option<(&str, OsString)> {
    std::env::var_os(variable).map(|value| (variable, value))
}

impl SecretSource {
    /// Finds the secret: a file wins over a variable; without either it is taken from the keyring, if that is allowed,
    /// or a person is asked, if that is possible. A token will be sent in this `form`.
    ///
    /// # Errors
    /// The file cannot be read, what is given is no secret of this kind, or no person can be asked.
    pub fn find(
        kind: SecretKind,
        ways: Ways<'_>,
        form: &TokenForm,
    ) -> Result<FoundSecret, SettingsError> {
        let is_stdin = ways.file.is_some_and(|path| path == Path::new("-"));
        if is_stdin && ways.stdin_is_terminal {
            // What is typed must not be shown.
            return Ok(FoundSecret::asked(kind));
        }
        let (name, bytes, open) = match (ways.file, ways.variable) {
            (Some(_), _) if is_stdin => {
                let name = "standard input".to_owned();
                let bytes = read(kind, &name, std::io::stdin().lock())?;
                (name, bytes, None)
            }
            (Some(path), _) => {
                let name = format!("`{}`", path.display());
                let file =
                    std::fs::File::open(path).map_err(|error| failed(kind, &name, &error))?;
                if file.is_terminal() {
                    // `/dev/stdin` and `/dev/tty` are as `-`.
                    return Ok(FoundSecret::asked(kind));
                }
                (
                    name.clone(),
                    read(kind, &name, file)?,
                    open_to_others(kind.name(), path),
                )
            }
            (None, Some((variable, value))) if !value.is_empty() => {
                let name = format!("the variable {variable}");
                (name, SecretSlice::from(value.into_encoded_bytes()), None)
            }
            (None, _) if ways.keyring => {
                return Ok(FoundSecret {
                    source: Self::Keyring(kind),
                    notes: Vec::new(),
                });
            }
            (None, _) if ways.can_ask => return Ok(FoundSecret::asked(kind)),
            (None, _) => return Err(SettingsError::NoSecret(kind)),
        };
        let (secret, note) = accept(kind, &name, bytes.expose_secret(), form)?;
        Ok(FoundSecret {
            source: Self::Known(secret),
            notes: open.into_iter().chain(note).collect(),
        })
    }
}

impl FoundSecret {
    fn asked(kind: SecretKind) -> Self {
        Self {
            source: SecretSource::Ask(kind),
            notes: Vec::new(),
        }
    }
}

/// The secret in these bytes, and what was left out of them, in words. `from` says where they come
/// from.
///
/// # Errors
/// They are no secret of this kind.
pub(crate) fn accept(
    kind: SecretKind,
    from: &str,
    bytes: &[u8],
    form: &TokenForm,
) -> Result<(SecretString, Option<String>), SettingsError> {
    let shape = match kind {
        SecretKind::Token => SecretShape::Token(form),
        SecretKind::Password
        | SecretKind::ClientSecret
        | SecretKind::KeyPassphrase
        | SecretKind::ProxyPassword
        | SecretKind::ClientKeyPassphrase => SecretShape::Password,
    };
    let given = parse_secret(bytes, shape).map_err(|fault| failed(kind, from, &fault))?;
    let note = given.left_out.map(|before| {
        format!(
            "the {} from {from} begins with `{before}`, which is no part of it: it is used without that",
            kind.name()
        )
    });
    Ok((given.secret, note))
}

/// A warning, if others than the owner may read this file with a secret.
pub(crate) fn open_to_others(what: &str, path: &Path) -> Option<String> {
    // To open what is no file may take for ever.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let access = platform::file_access(&std::fs::File::open(path).ok()?).ok()?;
    (access.others_may_read || access.others_may_write).then(|| {
        format!(
            "the file `{}` with the {what} is open to other users: `{}`",
            path.display(),
            platform::how_to_make_private(path)
        )
    })
}

/// Reads all of it, up to what is too long for any secret.
fn read(kind: SecretKind, name: &str, source: impl Read) -> Result<SecretSlice<u8>, SettingsError> {
    let mut bytes = Vec::new();
    let read = source.take(kind.longest() + 1).read_to_end(&mut bytes);
    let bytes = SecretSlice::from(bytes);
    read.map_err(|error| failed(kind, name, &error))?;
    if bytes.expose_secret().len() as u64 > kind.longest() {
        let why = format!("it is longer than any {}", kind.name());
        return Err(failed(kind, name, &why));
    }
    Ok(bytes)
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
    use std::fs::Permissions;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn form() -> TokenForm {
        TokenForm::scheme("Bearer")
    }

    fn find(
        kind: SecretKind,
        file: Option<&PathBuf>,
        variable: Option<&[u8]>,
    ) -> Result<FoundSecret, SettingsError> {
        let ways = Ways {
            file,
            variable: variable.map(|bytes| ("SECRET", OsString::from_vec(bytes.to_vec()))),
            keyring: false,
            can_ask: false,
            stdin_is_terminal: false,
        };
        SecretSource::find(kind, ways, &form())
    }

    /// The secret, and the notes about it.
    fn known(found: FoundSecret) -> (String, Vec<String>) {
        match found.source {
            SecretSource::Known(secret) => (secret.expose_secret().to_owned(), found.notes),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_text_is_the_same_secret_in_a_file_and_in_a_variable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        for (kind, text, secret) in [
            (
                SecretKind::Password,
                &b"\xef\xbb\xbfs3cret\r\n"[..],
                "s3cret",
            ),
            (SecretKind::ClientSecret, b"\xff\xfes\x003\x00\n\x00", "s3"),
            (SecretKind::KeyPassphrase, b" a b \n", " a b "),
            (SecretKind::Token, b"Bearer t0ken\n", "t0ken"),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let (from_file, notes) = known(find(kind, Some(&path), None).unwrap());
            assert_eq!(from_file, secret);
            assert_eq!(
                notes.len(),
                usize::from(kind == SecretKind::Token),
                "{notes:?}"
            );
            // A variable holds no zero byte.
            if !text.contains(&0) {
                assert_eq!(known(find(kind, None, Some(text)).unwrap()).0, secret);
            }
        }
        for kind in SecretKind::ALL {
            for bad in [
                &b"s3cret\xc2\xa0"[..],
                b"\xe4s3cret",
                b"Authorization: Basic s3cret",
                b"Basic s3cret",
                b"\n",
            ] {
                std::fs::write(&path, bad).unwrap();
                for found in [find(kind, Some(&path), None), find(kind, None, Some(bad))] {
                    let error = found.unwrap_err().to_string();
                    assert!(
                        error.contains(kind.name()) && !error.contains("s3cret"),
                        "{error}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        let read = |kind, length: usize| read(kind, "f", "x".repeat(length).as_bytes());
        assert!(read(SecretKind::Password, 5000).is_err());
        // Tokens are longer than passwords.
        assert!(read(SecretKind::Token, 5000).is_ok());
        assert!(read(SecretKind::Token, 70_000).is_err());
    }

    #[test]
    fn a_file_that_others_may_read_is_warned_about() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        std::fs::write(&path, "s3cret").unwrap();
        for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let (_, notes) = known(find(SecretKind::Password, Some(&path), None).unwrap());
            assert_eq!(!notes.is_empty(), warned, "{mode:o}: {notes:?}");
        }
    }

    #[test]
    fn p10_a_secret_is_never_printed() {
        let found = find(SecretKind::Token, None, Some(b"planted")).unwrap();
        assert!(!format!("{found:?}").contains("planted"));
    }

    #[test]
    fn what_a_person_types_at_a_terminal_is_asked_for_and_not_shown() {
        let dash = PathBuf::from("-");
        let ways = Ways {
            file: Some(&dash),
            variable: None,
            keyring: false,
            can_ask: false,
            stdin_is_terminal: true,
        };
        let found = SecretSource::find(SecretKind::Password, ways, &form()).unwrap();
        assert!(matches!(
            found.source,
            SecretSource::Ask(SecretKind::Password)
        ));
    }

    #[test]
    fn without_a_terminal_a_missing_secret_is_an_error_that_names_the_ways() {
        for kind in SecretKind::ALL {
            let error = find(kind, None, None).unwrap_err();
            let hint = error.hint().unwrap();
            assert!(
                hint.contains(kind.flag()) && hint.contains(kind.variable()),
                "{hint}"
            );
            let ways = Ways {
                file: None,
                variable: Some(("SECRET", OsString::new())),
                keyring: false,
                can_ask: true,
                stdin_is_terminal: true,
            };
            let found = SecretSource::find(kind, ways, &form()).unwrap();
            assert!(matches!(found.source, SecretSource::Ask(asked) if asked == kind));
        }
    }
}
