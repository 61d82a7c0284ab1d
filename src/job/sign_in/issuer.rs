//! Chooses the issuer of tokens for the kind of sign-in that the settings name, and reads the files it takes.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::auth::{
    Account, AccountError, Anaplan, Certificate, CertificateEncoding, CertificateError, Client,
    ClientCredentials, Device, DevicePrompt, Fixed, FromCommand, Issuer, KeyError, MessageFormat,
    PacedClient, PrivateKey,
};
use crate::domain::{Clock, pem_text};
use crate::job::Voice;
use crate::settings::{SignIn, SignInMethod};

/// The longest file that is read as a certificate or a key, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Why a secret, or a file that signing in takes, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No secret was typed.
    #[error("no {what}: {error}")]
    NotTyped {
        /// What kind of secret.
        what: &'static str,
        /// Why not.
        error: io::Error,
    },
    /// The scheme of the sign-in cannot carry the name or the password.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The file cannot be read, or is no text.
    #[error("cannot read the {what} `{}`: {why}", .path.display())]
    Unreadable {
        /// What the file is to hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The key cannot be used.
    #[error("the key `{}` cannot be used: {error}", .path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: KeyError,
    },
    /// The certificate cannot be used.
    #[error("the certificate `{}` cannot be used: {error}", .path.display())]
    Certificate {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: CertificateError,
    },
}

impl SecretError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Self::NotTyped { .. } | Self::Account(_) | Self::Unreadable { .. } => None,
            Self::Key { error, .. } => Some(error.hint()),
            Self::Certificate { error, .. } => Some(error.hint()),
        }
    }
}

/// The issuer of tokens for this kind of sign-in. An error in the secret, or in a file, is found here, before
/// any request is sent.
pub(super) fn issuer(
    sign_in: &SignIn,
    secret: Option<&SecretString>,
    wire: PacedClient,
    voice: &Arc<dyn Voice>,
) -> Result<Issuer, SecretError> {
    let given = secret.cloned().unwrap_or_default();
    Ok(match &sign_in.method {
        SignInMethod::AnaplanBasic { service, username } => {
            let account = account(username, given)?;
            Issuer::Anaplan(Anaplan::basic(wire, service.clone(), account))
        }
        SignInMethod::AnaplanCertificate {
            service,
            certificate,
            key,
            encoding,
            format,
        } => {
            let key = private_key(key, secret)?;
            let certificate = read_certificate(certificate, key, *encoding, *format)?;
            voice.note(&format!("signing in as {}", certificate.subject()));
            Issuer::Anaplan(Anaplan::certificate(wire, service.clone(), certificate))
        }
        SignInMethod::OauthDevice { service, cache } => {
            let voice = Arc::clone(voice);
            let notify = Box::new(move |prompt: &DevicePrompt| voice.warn(&invitation(prompt)));
            let device = Device::new(wire, service.clone(), cache.clone(), notify);
            Issuer::Device(Box::new(device))
        }
        SignInMethod::ClientCredentials {
            url,
            id,
            auth,
            scope,
        } => {
            let client = Client {
                id: id.clone(),
                secret: given,
                auth: *auth,
                scope: scope.clone(),
            };
            Issuer::Client(ClientCredentials::new(wire, url.clone(), &client))
        }
        SignInMethod::Bearer => Issuer::Fixed(Fixed::token(given)),
        SignInMethod::Basic { username } => Issuer::Fixed(Fixed::basic(&account(username, given)?)),
        SignInMethod::Command(command) => {
            let voice = Arc::clone(voice);
            let show = Box::new(move |line: &str| voice.warn(line));
            let (command, form) = (command.clone(), sign_in.form.clone());
            Issuer::Command(FromCommand::new(command, form, show))
        }
    })
}

fn account(username: &str, password: SecretString) -> Result<Account, SecretError> {
    Ok(Account::new(username, password)?)
}

/// What a person has to do, in words.
fn invitation(prompt: &DevicePrompt) -> String {
    let whole = match &prompt.whole_address {
        Some(address) => format!(", or open {address}"),
        None => String::new(),
    };
    let minutes = prompt.life.as_secs().div_ceil(60);
    format!(
        "to sign in, open {} and type the code {}{whole} (within {minutes} minutes)",
        prompt.address, prompt.code
    )
}

/// The text of the key file.
pub(super) fn read_key(path: &Path) -> Result<SecretString, SecretError> {
    read("key", path).map(SecretString::from)
}

fn private_key(path: &Path, passphrase: Option<&SecretString>) -> Result<PrivateKey, SecretError> {
    let text = read_key(path)?;
    PrivateKey::read(&text, passphrase).map_err(|error| SecretError::Key {
        path: path.to_owned(),
        error,
    })
}

fn read_certificate(
    path: &Path,
    key: PrivateKey,
    encoding: CertificateEncoding,
    format: MessageFormat,
) -> Result<Certificate, SecretError> {
    let text = read("certificate", path)?;
    let now = Clock::System.now();
    Certificate::read(&text, key, encoding, format, now).map_err(|error| SecretError::Certificate {
        path: path.to_owned(),
        error,
    })
}

/// A whole text file of reasonable length.
fn read(what: &'static str, path: &Path) -> Result<String, SecretError> {
    let failed = |why: &dyn std::fmt::Display| SecretError::Unreadable {
        what,
        path: path.to_owned(),
        why: why.to_string(),
    };
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
    let bytes = SecretSlice::from(bytes);
    read.map_err(|error| failed(&error))?;
    let bytes = bytes.expose_secret();
    if bytes.len() as u64 > LONGEST {
        return Err(failed(&"it is longer than any"));
    }
    pem_text(bytes).map_err(|fault| failed(&fault))
}
