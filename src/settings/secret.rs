//! Where the password comes from: a file, standard input, a variable, or a prompt. Never a flag's
//! value, since process lists show those.

use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::settings::SettingsError;

/// The variable that may hold the password.
pub const PASSWORD_VARIABLE: &str = "OFFBOARD_PASSWORD";

/// A longer password is a mistake, such as the wrong file.
const LONGEST: u64 = 4096;

/// Where the password comes from.
#[derive(Debug, Clone)]
pub enum PasswordSource {
    /// It is at hand.
    Known(SecretString),
    /// Somebody at a terminal has to be asked, once it is needed.
    Ask,
}

impl PasswordSource {
    /// Finds the password: `file` wins over the variable; without either somebody is asked, if
    /// `can_ask`.
    ///
    /// # Errors
    /// The file cannot be read or holds nothing, or there is nobody to ask.
    pub fn find(
        file: Option<&PathBuf>,
        variable: Option<String>,
        can_ask: bool,
    ) -> Result<Self, SettingsError> {
        match (file, variable) {
            (Some(path), _) if path == Path::new("-") => {
                read("standard input", std::io::stdin().lock()).map(Self::Known)
            }
            (Some(path), _) => {
                let name = format!("`{}`", path.display());
                let file = std::fs::File::open(path).map_err(|error| failed(&name, &error))?;
                read(&name, file).map(Self::Known)
            }
            (None, Some(value)) if !value.is_empty() => Ok(Self::Known(SecretString::from(value))),
            (None, _) if can_ask => Ok(Self::Ask),
            (None, _) => Err(SettingsError::NoPassword),
        }
    }
}

/// Reads one line; the line's end is not part of the password.
fn read(name: &str, source: impl Read) -> Result<SecretString, SettingsError> {
    let mut text = String::new();
    source
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| failed(name, &error))?;
    if text.len() as u64 > LONGEST {
        return Err(failed(name, &"it is longer than any password"));
    }
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(failed(name, &"it is empty"));
    }
    if password.contains(['\r', '\n']) {
        return Err(failed(name, &"it holds more than one line"));
    }
    Ok(SecretString::from(password.to_owned()))
}

fn failed(from: &str, why: &impl ToString) -> SettingsError {
    SettingsError::Password {
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
        for (text, password) in [("s3cret\n", "s3cret"), (" a b \r\n", " a b "), ("x", "x")] {
            assert_eq!(
                read("f", text.as_bytes()).unwrap().expose_secret(),
                password
            );
        }
        for bad in ["", "\n", "one\ntwo\n", &"x".repeat(5000)] {
            assert!(read("f", bad.as_bytes()).is_err());
        }
    }

    #[test]
    fn p10_a_password_is_never_printed() {
        let source = PasswordSource::find(None, Some("planted".to_owned()), false).unwrap();
        assert!(!format!("{source:?}").contains("planted"));
    }

    #[test]
    fn without_a_terminal_a_missing_password_is_an_error_that_names_the_ways() {
        let error = PasswordSource::find(None, None, false).unwrap_err();
        assert!(error.hint().unwrap().contains("--password-file"));
        assert!(matches!(
            PasswordSource::find(None, None, true),
            Ok(PasswordSource::Ask)
        ));
    }
}
