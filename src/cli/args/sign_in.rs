//! Signing in, on the command line. A secret is never a flag's value.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::auth::{CertificateEncoding, ClientAuth, MessageFormat};
use crate::settings::{Layer, SignInKind, Span};

/// How to sign in, and where each kind finds what it needs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct SignInArgs {
    /// How to sign in: `anaplan-basic`, `anaplan-certificate`, `oauth-device`, `client-credentials`,
    /// `bearer`, `basic` or `command` [default: by profile].
    #[arg(long, value_name = "KIND", env = "OFFBOARD_SIGN_IN")]
    sign_in: Option<SignInKind>,

    /// The account to sign in as.
    #[arg(long, value_name = "NAME", env = "OFFBOARD_USERNAME")]
    username: Option<String>,

    /// A file with the password, or `-` for standard input. `OFFBOARD_PASSWORD` works too; without
    /// either, a terminal is asked.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_PASSWORD_FILE")]
    password_file: Option<PathBuf>,

    /// A file with the token or API key, or `-` for standard input. `OFFBOARD_TOKEN` works too; without
    /// either, a terminal is asked.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_TOKEN_FILE")]
    token_file: Option<PathBuf>,

    /// The PEM file with the certificate that is registered at the provider.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CERTIFICATE_FILE")]
    certificate_file: Option<PathBuf>,

    /// The PEM file with the certificate's key: PKCS#1 or PKCS#8, the latter encrypted or not.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_KEY_FILE")]
    key_file: Option<PathBuf>,

    /// A file with the passphrase of an encrypted key, or `-` for standard input.
    /// `OFFBOARD_KEY_PASSPHRASE` works too; without either, a terminal is asked.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_KEY_PASSPHRASE_FILE")]
    key_passphrase_file: Option<PathBuf>,

    /// How the certificate is shown: `pem` or `der`, in base64 [default: pem].
    #[arg(long, value_name = "FORM", env = "OFFBOARD_CERTIFICATE_ENCODING")]
    certificate_encoding: Option<CertificateEncoding>,

    /// What the key signs: `v2` (with the time, good once) or `v1` [default: v2].
    #[arg(long, value_name = "FORM", env = "OFFBOARD_CERTIFICATE_FORMAT")]
    certificate_format: Option<MessageFormat>,

    /// The id of the OAuth client.
    #[arg(long, value_name = "ID", env = "OFFBOARD_CLIENT_ID")]
    client_id: Option<String>,

    /// A file with the secret of the OAuth client, or `-` for standard input.
    /// `OFFBOARD_CLIENT_SECRET` works too; without either, a terminal is asked.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CLIENT_SECRET_FILE")]
    client_secret_file: Option<PathBuf>,

    /// How an OAuth client shows its secret: in the `form`, or by `basic` [default: form].
    #[arg(long, value_name = "HOW", env = "OFFBOARD_CLIENT_AUTH")]
    client_auth: Option<ClientAuth>,

    /// What an OAuth token is to be good for: words of the service's own [default: by profile].
    #[arg(long, value_name = "WORDS", env = "OFFBOARD_SCOPE")]
    scope: Option<String>,

    /// Where OAuth tokens are given [default: /oauth/token at `--oauth-url`].
    #[arg(long, value_name = "URL", env = "OFFBOARD_TOKEN_URL")]
    token_url: Option<String>,

    /// Where OAuth codes for devices are given [default: /oauth/device/code at `--oauth-url`].
    #[arg(long, value_name = "URL", env = "OFFBOARD_DEVICE_URL")]
    device_url: Option<String>,

    /// The file that keeps refresh tokens for later runs [default: offboard/tokens.json below
    /// `XDG_STATE_HOME`, which is ~/.local/state].
    #[arg(long, value_name = "FILE", env = "OFFBOARD_TOKEN_CACHE")]
    token_cache: Option<PathBuf>,

    /// A program that prints a token, with its arguments. No shell reads them. It runs again whenever a
    /// new token is needed.
    #[arg(long, value_name = "COMMAND", env = "OFFBOARD_TOKEN_COMMAND")]
    token_command: Option<String>,

    /// Let /bin/sh read the token command.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_TOKEN_COMMAND_SHELL",
        value_parser = BoolishValueParser::new()
    )]
    token_command_shell: Option<bool>,

    /// Time for the token command [default: 1m].
    #[arg(long, value_name = "TIME", env = "OFFBOARD_TOKEN_COMMAND_TIMEOUT")]
    token_command_timeout: Option<Span>,

    /// How long a token of the command lives [default: until it is refused].
    #[arg(long, value_name = "TIME", env = "OFFBOARD_TOKEN_LIFE")]
    token_life: Option<Span>,

    /// The word before a token; empty for none [default: by kind].
    #[arg(long, value_name = "WORD", env = "OFFBOARD_TOKEN_SCHEME")]
    token_scheme: Option<String>,

    /// The header that carries a token [default: Authorization].
    #[arg(long, value_name = "NAME", env = "OFFBOARD_TOKEN_HEADER")]
    token_header: Option<String>,
}

impl SignInArgs {
    /// Puts what was typed into a layer.
    pub(super) fn into_layer(self, layer: &mut Layer) {
        layer.sign_in = self.sign_in;
        layer.username = self.username;
        layer.password_file = self.password_file;
        layer.token_file = self.token_file;
        layer.certificate_file = self.certificate_file;
        layer.certificate_encoding = self.certificate_encoding;
        layer.certificate_format = self.certificate_format;
        layer.key_file = self.key_file;
        layer.key_passphrase_file = self.key_passphrase_file;
        layer.client_id = self.client_id;
        layer.client_secret_file = self.client_secret_file;
        layer.client_auth = self.client_auth;
        layer.scope = self.scope;
        layer.token_url = self.token_url;
        layer.device_url = self.device_url;
        layer.token_cache = self.token_cache;
        layer.token_command = self.token_command;
        layer.token_command_timeout = self.token_command_timeout;
        layer.token_life = self.token_life;
        layer.token_command_shell = self.token_command_shell;
        layer.token_scheme = self.token_scheme;
        layer.token_header = self.token_header;
    }
}
