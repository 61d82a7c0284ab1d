//! How to sign in, as far as settings say it: which kind, where, as whom, and which secret it takes.
//!
//! Nothing here holds a secret, and nothing here knows how a kind works.

mod kind;
#[cfg(test)]
mod tests;

pub use kind::SignInKind;

use std::path::PathBuf;
use std::time::Duration;

use crate::auth::{
    CertificateEncoding, ClientAuth, DeviceService, MessageFormat, TokenCommand, TokenForm,
};
use crate::http::{BaseUrl, HeaderName, PlainHttp, Url, endpoint, header};
use crate::settings::span::some_time;
use crate::settings::{Layer, SecretKind, SettingsError};

/// How long a program that prints a token may take: the user may have to touch a security key.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(1);

/// How to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The kind.
    pub kind: SignInKind,
    /// What it needs.
    pub method: Method,
    /// How a request shows its token.
    pub form: TokenForm,
    /// The account's user name, where one was given.
    pub username: Option<String>,
    /// A file with the secret that the method takes; `-` is standard input.
    pub secret_file: Option<PathBuf>,
}

/// One kind of sign-in with what it needs, apart from its secret.
#[derive(Debug, Clone)]
pub enum Method {
    /// See [`SignInKind::AnaplanBasic`].
    AnaplanBasic {
        /// The token service.
        service: BaseUrl,
        /// The account.
        username: String,
    },
    /// See [`SignInKind::AnaplanCertificate`].
    AnaplanCertificate {
        /// The token service.
        service: BaseUrl,
        /// The PEM file with the certificate.
        certificate: PathBuf,
        /// The PEM file with its key; it may be the same one.
        key: PathBuf,
        /// How the certificate is shown.
        encoding: CertificateEncoding,
        /// What is signed.
        format: MessageFormat,
    },
    /// See [`SignInKind::OauthDevice`].
    OauthDevice {
        /// Where, and as which client.
        service: DeviceService,
        /// The file that keeps refresh tokens.
        cache: PathBuf,
    },
    /// See [`SignInKind::ClientCredentials`].
    ClientCredentials {
        /// The token endpoint.
        url: Url,
        /// The client's id.
        id: String,
        /// How it shows its secret.
        auth: ClientAuth,
        /// What the token is to be good for.
        scope: Option<String>,
    },
    /// See [`SignInKind::Bearer`].
    Bearer,
    /// See [`SignInKind::Basic`].
    Basic {
        /// The account.
        username: String,
    },
    /// See [`SignInKind::Command`].
    Command(TokenCommand),
}

impl Method {
    /// The secret that this method takes, if any; that of a key only if the key is encrypted.
    pub fn secret(&self) -> Option<SecretKind> {
        match self {
            Self::AnaplanBasic { .. } | Self::Basic { .. } => Some(SecretKind::Password),
            Self::AnaplanCertificate { .. } => Some(SecretKind::KeyPassphrase),
            Self::ClientCredentials { .. } => Some(SecretKind::ClientSecret),
            Self::Bearer => Some(SecretKind::Token),
            Self::OauthDevice { .. } | Self::Command(_) => None,
        }
    }

    /// The address of the service that gives tokens, if there is one.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::AnaplanBasic { service, .. } | Self::AnaplanCertificate { service, .. } => {
                Some(service.as_str())
            }
            Self::OauthDevice { service, .. } => Some(service.token_url.as_str()),
            Self::ClientCredentials { url, .. } => Some(url.as_str()),
            Self::Bearer | Self::Basic { .. } | Self::Command(_) => None,
        }
    }

    /// The word before a token, unless a profile says otherwise.
    fn scheme(&self) -> &'static str {
        match self {
            Self::AnaplanBasic { .. } | Self::AnaplanCertificate { .. } => "AnaplanAuthToken",
            Self::Basic { .. } => "Basic",
            _ => "Bearer",
        }
    }
}

impl SignIn {
    /// The account as people know it, and as the ledger keeps it: its name, or what stands for it.
    pub fn account(&self) -> String {
        if let Some(username) = &self.username {
            return username.clone();
        }
        match &self.method {
            Method::AnaplanCertificate { certificate, .. } => {
                format!("the owner of the certificate {}", certificate.display())
            }
            Method::OauthDevice { service, .. } => {
                format!("whoever approved client {}", service.client_id)
            }
            Method::ClientCredentials { id, .. } => format!("client {id}"),
            Method::Command(command) => {
                let program = command.words.first().map_or("", String::as_str);
                format!("the owner of the token from {program}")
            }
            Method::Bearer | Method::AnaplanBasic { .. } | Method::Basic { .. } => {
                "the owner of the token".to_owned()
            }
        }
    }

    /// Picks from a complete layer what the chosen kind needs, and checks it. `variable` gives the
    /// variables of the process, for the place where tokens are kept.
    pub(super) fn resolve(layer: &Layer, plain: PlainHttp) -> Result<Self, SettingsError> {
        let kind = layer
            .sign_in
            .ok_or(missing("how to sign in", "--sign-in"))?;
        let named = layer.username.as_deref().filter(|name| !name.is_empty());
        let method = method(kind, layer, named, plain)?;
        let scheme = match (&method, &layer.token_scheme) {
            (Method::Basic { .. }, _) | (_, None) => method.scheme().to_owned(),
            (_, Some(scheme)) => check_scheme(scheme)?,
        };
        let secret_file = method.secret().and_then(|kind| match kind {
            SecretKind::Password => layer.password_file.clone(),
            SecretKind::Token => layer.token_file.clone(),
            SecretKind::ClientSecret => layer.client_secret_file.clone(),
            SecretKind::KeyPassphrase => layer.key_passphrase_file.clone(),
            SecretKind::ProxyPassword => None,
        });
        Ok(Self {
            form: TokenForm {
                header: header_name(layer.token_header.as_deref())?,
                scheme,
            },
            username: named.map(str::to_owned),
            secret_file,
            kind,
            method,
        })
    }
}

fn method(
    kind: SignInKind,
    layer: &Layer,
    named: Option<&str>,
    plain: PlainHttp,
) -> Result<Method, SettingsError> {
    let places = layer.places.clone().unwrap_or_default();
    // An endpoint by itself, or at its usual place at the origin of the OAuth service.
    let url = |text: &Option<String>, path: &str, what, flag| {
        let origin = layer.oauth_url.as_ref();
        let usual = || origin.map(|url| format!("{}{path}", url.trim_end_matches('/')));
        let (flag, text) = match text {
            Some(text) => (flag, text.clone()),
            None => ("--oauth-url", usual().ok_or(missing(what, flag))?),
        };
        let text = places.fill(&text)?;
        endpoint(&text, plain).map_err(|source| SettingsError::Url { flag, source })
    };
    let token_url = || {
        let what = "where tokens are given";
        url(&layer.token_url, "/oauth/token", what, "--token-url")
    };
    let client_id = || {
        text(
            layer.client_id.as_ref(),
            "which client signs in",
            "--client-id",
        )
    };
    let file = |path: &Option<PathBuf>, what, flag| path.clone().ok_or(missing(what, flag));
    Ok(match kind {
        SignInKind::AnaplanBasic => Method::AnaplanBasic {
            service: service(layer, plain)?,
            username: username(named)?,
        },
        SignInKind::AnaplanCertificate => Method::AnaplanCertificate {
            service: service(layer, plain)?,
            certificate: file(
                &layer.certificate_file,
                "where the certificate is",
                "--certificate-file",
            )?,
            key: file(
                &layer.key_file,
                "where the certificate's key is",
                "--key-file",
            )?,
            encoding: layer.certificate_encoding.unwrap_or_default(),
            format: layer.certificate_format.unwrap_or_default(),
        },
        SignInKind::OauthDevice => Method::OauthDevice {
            service: DeviceService {
                device_url: url(
                    &layer.device_url,
                    "/oauth/device/code",
                    "where codes are given",
                    "--device-url",
                )?,
                token_url: token_url()?,
                client_id: client_id()?,
                scope: layer.scope.clone(),
            },
            cache: layer
                .token_cache
                .clone()
                .or_else(token_cache)
                .ok_or(missing("where to keep refresh tokens", "--token-cache"))?,
        },
        SignInKind::ClientCredentials => Method::ClientCredentials {
            url: token_url()?,
            id: client_id()?,
            auth: layer.client_auth.unwrap_or_default(),
            scope: layer.scope.clone(),
        },
        SignInKind::Bearer => Method::Bearer,
        SignInKind::Basic => Method::Basic {
            username: username(named)?,
        },
        SignInKind::Command => Method::Command(command(layer)?),
    })
}

fn missing(what: &'static str, flag: &'static str) -> SettingsError {
    SettingsError::Missing { what, flag }
}

fn text(
    value: Option<&String>,
    what: &'static str,
    flag: &'static str,
) -> Result<String, SettingsError> {
    let value = value.filter(|value| !value.trim().is_empty());
    value.cloned().ok_or(missing(what, flag))
}

/// Anaplan's token service.
fn service(layer: &Layer, plain: PlainHttp) -> Result<BaseUrl, SettingsError> {
    let flag = "--auth-url";
    let text = text(layer.auth_url.as_ref(), "where to sign in", flag)?;
    let text = layer.places.clone().unwrap_or_default().fill(&text)?;
    BaseUrl::parse(&text, plain).map_err(|source| SettingsError::Url { flag, source })
}

/// What HTTP's Basic scheme can carry (RFC 7617 §2): known now, before a ledger is opened.
fn username(name: Option<&str>) -> Result<String, SettingsError> {
    let name = name.ok_or(missing("whom to sign in as", "--username"))?;
    if name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(SettingsError::Username(name.escape_debug().to_string()));
    }
    Ok(name.to_owned())
}

/// The place for what a program keeps from run to run (XDG Base Directory Specification).
fn token_cache() -> Option<PathBuf> {
    let folder = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("offboard").join("tokens.json"))
}

fn command(layer: &Layer) -> Result<TokenCommand, SettingsError> {
    let flag = "--token-command";
    let text = text(
        layer.token_command.as_ref(),
        "which program prints the token",
        flag,
    )?;
    let words = if layer.token_command_shell.unwrap_or(false) {
        vec!["/bin/sh".to_owned(), "-c".to_owned(), text]
    } else {
        let words = shlex::split(&text).filter(|words| !words.is_empty());
        words.ok_or(SettingsError::TokenCommand)?
    };
    Ok(TokenCommand {
        words,
        timeout: some_time("--token-command-timeout", layer.token_command_timeout)?
            .unwrap_or(COMMAND_TIMEOUT),
        life: some_time("--token-life", layer.token_life)?,
        hidden: SecretKind::ALL
            .map(SecretKind::variable)
            .into_iter()
            .chain(["OFFBOARD_TOKEN_COMMAND"])
            .map(str::to_owned)
            .collect(),
    })
}

fn header_name(name: Option<&str>) -> Result<HeaderName, SettingsError> {
    let Some(name) = name else {
        return Ok(header::AUTHORIZATION);
    };
    // Names that say how a request is framed, where it goes, what it holds, or when it is carried out: with
    // a token in such a header it is another request, or none.
    let taken = [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONNECTION,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::DATE,
        header::EXPECT,
        header::HOST,
        header::IF_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_NONE_MATCH,
        header::IF_RANGE,
        header::IF_UNMODIFIED_SINCE,
        header::RANGE,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::USER_AGENT,
        header::VIA,
    ];
    let is_hop = |name: &HeaderName| {
        let name = name.as_str();
        name.starts_with("proxy-") || ["keep-alive", "http2-settings"].contains(&name)
    };
    match HeaderName::try_from(name.trim()) {
        Ok(name) if !taken.contains(&name) && !is_hop(&name) => Ok(name),
        _ => Err(SettingsError::Header(name.escape_debug().to_string())),
    }
}

/// A scheme is one word (RFC 9110 §11.1), or nothing.
fn check_scheme(scheme: &str) -> Result<String, SettingsError> {
    let scheme = scheme.trim();
    if scheme.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(scheme.to_owned());
    }
    Err(SettingsError::Scheme(scheme.escape_debug().to_string()))
}
