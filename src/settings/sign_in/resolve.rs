//! Picks from the settings what the chosen kind of sign-in needs, and checks it.

use std::path::PathBuf;

use crate::auth::{DeviceService, TokenCommand, TokenForm};
use crate::http::{BaseUrl, HeaderName, PlainHttp, endpoint, header};
use crate::platform;
use crate::settings::sign_in::{SignInKind, SignInMethod};
use crate::settings::values::some_time;
use crate::settings::{Layer, MissingSetting, SecretKind, SettingsError};

/// How to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The kind.
    pub kind: SignInKind,
    /// What it needs.
    pub method: SignInMethod,
    /// How a request shows its token.
    pub form: TokenForm,
    /// The account's user name, where one was given.
    pub username: Option<String>,
    /// A file with the secret that the method takes; `-` is standard input.
    pub secret_file: Option<PathBuf>,
    /// The variable that holds the secret, where it is named.
    pub secret_variable: Option<String>,
    /// Whether a secret that is asked for is kept in the keyring of the system.
    pub keyring: bool,
}

impl SignIn {
    /// The account as people know it, and as the ledger keeps it: its name, or a description of it.
    pub fn account(&self) -> String {
        if let Some(username) = &self.username {
            return username.clone();
        }
        match &self.method {
            SignInMethod::AnaplanCertificate { certificate, .. } => {
                format!("the owner of the certificate {}", certificate.display())
            }
            SignInMethod::OauthDevice { service, .. } => {
                format!("whoever approved client {}", service.client_id)
            }
            SignInMethod::ClientCredentials { id, .. } => format!("client {id}"),
            SignInMethod::Command(command) => {
                let program = command.words.first().map_or("", String::as_str);
                format!("the owner of the token from {program}")
            }
            SignInMethod::Bearer
            | SignInMethod::AnaplanBasic { .. }
            | SignInMethod::Basic { .. } => "the owner of the token".to_owned(),
        }
    }

    /// Picks from a complete layer what the chosen kind needs, and checks it.
    pub(in crate::settings) fn resolve(
        layer: &Layer,
        plain: PlainHttp,
    ) -> Result<Self, SettingsError> {
        let kind = (layer.sign_in).sign_in.ok_or_else(|| KIND.missing())?;
        let named = layer
            .sign_in
            .username
            .as_deref()
            .filter(|name| !name.is_empty());
        let method = method(kind, layer, named, plain)?;
        let scheme = match (&method, &layer.sign_in.token_scheme) {
            (SignInMethod::Basic { .. }, _) | (_, None) => method.scheme().to_owned(),
            (_, Some(scheme)) => check_scheme(scheme)?,
        };
        let secret_file = method.secret().and_then(|kind| match kind {
            SecretKind::Password => layer.sign_in.password_file.clone(),
            SecretKind::Token => layer.sign_in.token_file.clone(),
            SecretKind::ClientSecret => layer.oauth.client_secret_file.clone(),
            SecretKind::KeyPassphrase => layer.certificate.key_passphrase_file.clone(),
            SecretKind::ProxyPassword | SecretKind::ClientKeyPassphrase => None,
        });
        Ok(Self {
            form: TokenForm {
                header: header_name(layer.sign_in.token_header.as_deref())?,
                scheme,
            },
            username: named.map(str::to_owned),
            secret_file,
            secret_variable: layer.sign_in.secret_variable.clone(),
            keyring: layer.sign_in.password_keyring.unwrap_or_default(),
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
) -> Result<SignInMethod, SettingsError> {
    let places = layer.hosts.places.clone().unwrap_or_default();
    // An endpoint by itself, or at its usual place at the origin of the OAuth service.
    let url = |text: &Option<String>, path: &str, need: MissingSetting| {
        let origin = layer.hosts.oauth_url.as_ref();
        let usual = || origin.map(|url| format!("{}{path}", url.trim_end_matches('/')));
        let (flag, text) = match text {
            Some(text) => (need.flag, text.clone()),
            None => ("--oauth-url", usual().ok_or_else(|| need.missing())?),
        };
        let text = places.fill(&text)?;
        endpoint(&text, plain).map_err(|source| SettingsError::Url { flag, source })
    };
    let token_url = || url(&layer.oauth.token_url, "/oauth/token", TOKEN_URL);
    let client_id = || text(layer.oauth.client_id.as_ref(), CLIENT);
    let file =
        |path: &Option<PathBuf>, need: MissingSetting| path.clone().ok_or_else(|| need.missing());
    Ok(match kind {
        SignInKind::AnaplanBasic => SignInMethod::AnaplanBasic {
            service: service(layer, plain)?,
            username: username(named)?,
        },
        SignInKind::AnaplanCertificate => SignInMethod::AnaplanCertificate {
            service: service(layer, plain)?,
            certificate: file(&layer.certificate.certificate_file, CERTIFICATE)?,
            key: file(&layer.certificate.key_file, KEY)?,
            encoding: layer.certificate.certificate_encoding(),
            format: layer.certificate.certificate_format(),
        },
        SignInKind::OauthDevice => SignInMethod::OauthDevice {
            service: DeviceService {
                device_url: url(&layer.oauth.device_url, "/oauth/device/code", DEVICE_URL)?,
                token_url: token_url()?,
                client_id: client_id()?,
                scope: layer.oauth.scope.clone(),
            },
            cache: layer
                .oauth
                .token_cache
                .clone()
                .or_else(token_cache)
                .ok_or_else(|| TOKEN_CACHE.missing())?,
        },
        SignInKind::ClientCredentials => SignInMethod::ClientCredentials {
            url: token_url()?,
            id: client_id()?,
            auth: layer.oauth.client_auth(),
            scope: layer.oauth.scope.clone(),
        },
        SignInKind::Bearer => SignInMethod::Bearer,
        SignInKind::Basic => SignInMethod::Basic {
            username: username(named)?,
        },
        SignInKind::Command => SignInMethod::Command(command(layer)?),
    })
}

const KIND: MissingSetting = MissingSetting::new("how to sign in", "--sign-in");
const USERNAME: MissingSetting = MissingSetting::new("whom to sign in as", "--username");
const AUTH_URL: MissingSetting = MissingSetting::new("where to sign in", "--auth-url");
const CERTIFICATE: MissingSetting =
    MissingSetting::new("where the certificate is", "--certificate-file");
const KEY: MissingSetting = MissingSetting::new("where the certificate's key is", "--key-file");
const DEVICE_URL: MissingSetting = MissingSetting::new("where codes are given", "--device-url");
const TOKEN_URL: MissingSetting = MissingSetting::new("where tokens are given", "--token-url");
const TOKEN_CACHE: MissingSetting =
    MissingSetting::new("where to keep refresh tokens", "--token-cache");
const CLIENT: MissingSetting = MissingSetting::new("which client signs in", "--client-id");
const COMMAND: MissingSetting =
    MissingSetting::new("which program prints the token", "--token-command");

/// What the chosen kind of sign-in needs, and no source says.
pub(in crate::settings) fn lacking(layer: &Layer) -> Vec<MissingSetting> {
    let Some(kind) = layer.sign_in.sign_in else {
        return vec![KIND];
    };
    let Layer {
        hosts,
        sign_in,
        certificate,
        oauth,
        token_command,
        ..
    } = layer;
    let is_there = |text: &Option<String>| text.as_deref().is_some_and(is_said);
    let at_oauth = |url: &Option<String>| url.is_some() || hosts.oauth_url.is_some();
    let needs = match kind {
        SignInKind::AnaplanBasic => vec![
            (AUTH_URL, is_there(&hosts.auth_url)),
            (USERNAME, is_there(&sign_in.username)),
        ],
        SignInKind::AnaplanCertificate => vec![
            (AUTH_URL, is_there(&hosts.auth_url)),
            (CERTIFICATE, certificate.certificate_file.is_some()),
            (KEY, certificate.key_file.is_some()),
        ],
        SignInKind::OauthDevice => vec![
            (DEVICE_URL, at_oauth(&oauth.device_url)),
            (TOKEN_URL, at_oauth(&oauth.token_url)),
            (CLIENT, is_there(&oauth.client_id)),
        ],
        SignInKind::ClientCredentials => vec![
            (TOKEN_URL, at_oauth(&oauth.token_url)),
            (CLIENT, is_there(&oauth.client_id)),
        ],
        SignInKind::Bearer => Vec::new(),
        SignInKind::Basic => vec![(USERNAME, is_there(&sign_in.username))],
        SignInKind::Command => vec![(COMMAND, is_there(&token_command.token_command))],
    };
    let needs = needs.into_iter().filter(|(_, is_there)| !is_there);
    needs.map(|(need, _)| need).collect()
}

fn is_said(text: &str) -> bool {
    !text.trim().is_empty()
}

fn text(value: Option<&String>, need: MissingSetting) -> Result<String, SettingsError> {
    let value = value.filter(|value| is_said(value));
    value.cloned().ok_or_else(|| need.missing())
}

/// Anaplan's token service.
fn service(layer: &Layer, plain: PlainHttp) -> Result<BaseUrl, SettingsError> {
    let flag = AUTH_URL.flag;
    let text = text(layer.hosts.auth_url.as_ref(), AUTH_URL)?;
    let text = layer.hosts.places.clone().unwrap_or_default().fill(&text)?;
    BaseUrl::parse(&text, plain).map_err(|source| SettingsError::Url { flag, source })
}

/// What HTTP's Basic scheme can carry (RFC 7617 §2): known now, before a ledger is opened.
fn username(name: Option<&str>) -> Result<String, SettingsError> {
    let name = name.ok_or_else(|| USERNAME.missing())?;
    if name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(SettingsError::Username(name.escape_debug().to_string()));
    }
    Ok(name.to_owned())
}

/// The file for what this program keeps from run to run.
fn token_cache() -> Option<PathBuf> {
    let state = platform::state_folder()?;
    Some(state.join("offboard").join("tokens.json"))
}

fn command(layer: &Layer) -> Result<TokenCommand, SettingsError> {
    let text = text(layer.token_command.token_command.as_ref(), COMMAND)?;
    let words = if layer.token_command.token_command_shell() {
        platform::shell(text)
    } else {
        let words = platform::split_words(&text).filter(|words| !words.is_empty());
        words.ok_or(SettingsError::TokenCommand)?
    };
    Ok(TokenCommand {
        words,
        timeout: some_time(
            "--token-command-timeout",
            layer.token_command.token_command_timeout(),
        )?,
        life: (layer.token_command.token_life)
            .map(|life| some_time("--token-life", life))
            .transpose()?,
        hidden: SecretKind::ALL
            .map(SecretKind::variable)
            .into_iter()
            .chain(["OFFBOARD_TOKEN_COMMAND", "PGPASSWORD"])
            .chain(layer.sign_in.secret_variable.as_deref())
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
