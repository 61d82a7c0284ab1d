//! How to sign in, and where each kind of sign-in finds what it needs. A secret is never the value of a flag.

use std::path::PathBuf;
use std::time::Duration;

use crate::auth::{CertificateEncoding, ClientAuth, MessageFormat};
use crate::settings::SignInKind;
use crate::settings::declare::{
    Evidence, KEPT, SECRET, SWITCH, SettingFacts, Trust, settings_group, text,
};
use crate::settings::values::Span;

/// The facts of a file that holds a secret.
const SECRET_FILE: SettingFacts = SettingFacts {
    value: "FILE",
    ..SECRET
};

settings_group! {
    /// How to sign in, as whom, and how a request shows its token.
    SignInSettings, "How to sign in" under "Sign-in" {
        /// How to sign in: `anaplan-basic`, `anaplan-certificate`, `oauth-device`, `client-credentials`,
        /// `bearer`, `basic` or `command`.
        #[serde(with = "text")]
        sign_in: SignInKind => SettingFacts {
            value: "KIND",
            example: "anaplan-basic",
            otherwise: "by profile",
            ..KEPT
        };
        /// The account to sign in as.
        username: String => SettingFacts { value: "NAME", example: "admin@example.com", ..KEPT };
        /// A file with the password, or `-` for standard input. `OFFBOARD_PASSWORD` works too; without
        /// either, the password is asked for at the terminal.
        password_file: PathBuf => SettingFacts { example: "/run/secrets/offboard", ..SECRET_FILE };
        /// Keep the password, or another secret that is asked for, in the keyring of the system: it is asked for once,
        /// kept when it has signed in, and forgotten when it is refused. On Linux the kernel keeps it, until the
        /// machine stops.
        password_keyring: bool = false => SettingFacts {
            evidence: Evidence::Secret,
            ..SWITCH
        };
        /// A file with the token or API key, or `-` for standard input. `OFFBOARD_TOKEN` works too; without
        /// either, the token is asked for at the terminal.
        token_file: PathBuf => SettingFacts { example: "/run/secrets/token", ..SECRET_FILE };
        /// The variable that holds the password, token or other secret of this target, instead of `OFFBOARD_PASSWORD`
        /// and its like. A worker, which signs in to several targets, takes a secret from no other variable.
        secret_variable: String => SettingFacts {
            value: "NAME",
            example: "ACME_PASSWORD",
            trust: Trust::Named,
            ..SECRET
        };
        /// The word before a token; empty for none.
        token_scheme: String => SettingFacts {
            value: "WORD",
            example: "Bearer",
            otherwise: "by kind",
            may_be_empty: true,
            ..KEPT
        };
        /// The header that carries a token.
        token_header: String => SettingFacts {
            value: "NAME",
            example: "Authorization",
            otherwise: "Authorization",
            ..KEPT
        };
    }
}

settings_group! {
    /// A sign-in with a certificate.
    CertificateSettings, "Signing in with a certificate" under "Sign-in" {
        /// The PEM file with the certificate that is registered at the provider.
        certificate_file: PathBuf => SettingFacts { value: "FILE", example: "offboard.pem", ..KEPT };
        /// The PEM file with the certificate's key: PKCS#1 or PKCS#8, the latter encrypted or not.
        key_file: PathBuf => SettingFacts { example: "offboard.key", ..SECRET_FILE };
        /// A file with the passphrase of an encrypted key, or `-` for standard input.
        /// `OFFBOARD_KEY_PASSPHRASE` works too; without either, the passphrase is asked for at the terminal.
        key_passphrase_file: PathBuf => SettingFacts { example: "/run/secrets/passphrase", ..SECRET_FILE };
        /// How the certificate is shown: `pem` or `der`, in base64.
        #[serde(with = "text")]
        certificate_encoding: CertificateEncoding = CertificateEncoding::default() => SettingFacts {
            value: "FORM",
            example: "pem",
            ..KEPT
        };
        /// What the key signs: `v2` (with the time, valid once) or `v1`.
        #[serde(with = "text")]
        certificate_format: MessageFormat = MessageFormat::default() => SettingFacts {
            value: "FORM",
            example: "v2",
            ..KEPT
        };
    }
}

settings_group! {
    /// A sign-in with OAuth, for a device or a client.
    OauthSettings, "Signing in with OAuth" under "Sign-in" {
        /// The id of the OAuth client.
        client_id: String => SettingFacts {
            value: "ID",
            example: "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e",
            ..KEPT
        };
        /// A file with the secret of the OAuth client, or `-` for standard input.
        /// `OFFBOARD_CLIENT_SECRET` works too; without either, the secret is asked for at the terminal.
        client_secret_file: PathBuf => SettingFacts { example: "/run/secrets/client", ..SECRET_FILE };
        /// How an OAuth client shows its secret: in the `form`, or by `basic`.
        #[serde(with = "text")]
        client_auth: ClientAuth = ClientAuth::default() => SettingFacts {
            value: "HOW",
            example: "form",
            ..KEPT
        };
        /// The scope of an OAuth token, in the words of the OAuth service.
        scope: String => SettingFacts {
            value: "WORDS",
            example: "openid offline_access",
            otherwise: "by profile",
            ..KEPT
        };
        /// The OAuth token endpoint.
        token_url: String => SettingFacts {
            value: "URL",
            example: "https://id.example.com/oauth/token",
            otherwise: "/oauth/token at `--oauth-url`",
            trust: Trust::Host,
            ..KEPT
        };
        /// The OAuth endpoint that gives codes for devices.
        device_url: String => SettingFacts {
            value: "URL",
            example: "https://id.example.com/oauth/device/code",
            otherwise: "/oauth/device/code at `--oauth-url`",
            trust: Trust::Host,
            ..KEPT
        };
        /// The file that keeps refresh tokens for later runs.
        token_cache: PathBuf => SettingFacts {
            example: "tokens.json",
            otherwise: "offboard/tokens.json below `XDG_STATE_HOME`, which is ~/.local/state, or on Windows `LOCALAPPDATA`",
            ..SECRET_FILE
        };
    }
}

settings_group! {
    /// A sign-in with a token that a program prints.
    #[expect(clippy::struct_field_names, reason = "each setting has the name that it has in a file")]
    TokenCommandSettings, "Signing in with a program that prints a token" under "Sign-in" {
        /// A program that prints a token, with its arguments. No shell reads them. The program runs again
        /// each time a new token is needed.
        token_command: String => SettingFacts {
            value: "COMMAND",
            example: "vault read -field=token secret/scim",
            trust: Trust::Named,
            ..SECRET
        };
        /// Let a shell read the token command: /bin/sh, or on Windows PowerShell.
        token_command_shell: bool = false => SWITCH;
        /// How long the token command may take.
        token_command_timeout: Span = Span(Duration::from_mins(1)) => SettingFacts {
            value: "TIME",
            example: "1m",
            ..KEPT
        };
        /// How long a token of the command lives.
        token_life: Span => SettingFacts {
            value: "TIME",
            example: "50m",
            otherwise: "until it is refused",
            ..KEPT
        };
    }
}
