//! From a kind of sign-in, as settings say it, to where its tokens come from.

use std::io::Read;
use std::path::Path;

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::auth::{
    Account, Anaplan, Certificate, CertificateEncoding, Client, ClientCredentials, Device,
    DevicePrompt, Fixed, FromCommand, Issuer, MessageFormat, PrivateKey, Wire,
};
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::domain::{Clock, pem_text};
use crate::settings::{SignIn, SignInMethod};

/// A longer file is no certificate and no key, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Where the tokens of this kind of sign-in come from. An error in the secret, or in a file, is returned
/// here, before any request is sent.
pub(super) fn issuer(
    sign_in: &SignIn,
    secret: Option<&SecretString>,
    wire: Wire,
    terminal: Terminal,
) -> Result<Issuer, Failure> {
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
            terminal.note(&format!("signing in as {}", certificate.subject()));
            Issuer::Anaplan(Anaplan::certificate(wire, service.clone(), certificate))
        }
        SignInMethod::OauthDevice { service, cache } => {
            let notify = Box::new(move |prompt: &DevicePrompt| terminal.warn(&invitation(prompt)));
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
            let show = Box::new(move |line: &str| terminal.warn(line));
            let (command, form) = (command.clone(), sign_in.form.clone());
            Issuer::Command(FromCommand::new(command, form, show))
        }
    })
}

fn account(username: &str, password: SecretString) -> Result<Account, Failure> {
    Account::new(username, password).map_err(|error| Failure::new(Exit::Settings, error))
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
pub(super) fn read_key(path: &Path) -> Result<SecretString, Failure> {
    read("key", path).map(SecretString::from)
}

fn private_key(path: &Path, passphrase: Option<&SecretString>) -> Result<PrivateKey, Failure> {
    let text = read_key(path)?;
    PrivateKey::read(&text, passphrase).map_err(|error| {
        let message = format!("the key `{}` cannot be used: {error}", path.display());
        Failure::new(Exit::Settings, message).hint(error.hint().to_owned())
    })
}

fn read_certificate(
    path: &Path,
    key: PrivateKey,
    encoding: CertificateEncoding,
    format: MessageFormat,
) -> Result<Certificate, Failure> {
    let text = read("certificate", path)?;
    let now = Clock::System.now();
    Certificate::read(&text, key, encoding, format, now).map_err(|error| {
        let message = format!(
            "the certificate `{}` cannot be used: {error}",
            path.display()
        );
        Failure::new(Exit::Settings, message).hint(error.hint().to_owned())
    })
}

/// A whole text file of reasonable length.
fn read(what: &str, path: &Path) -> Result<String, Failure> {
    let failed = |why: &dyn std::fmt::Display| {
        let message = format!("cannot read the {what} `{}`: {why}", path.display());
        Failure::new(Exit::Settings, message)
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
