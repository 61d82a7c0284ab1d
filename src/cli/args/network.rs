//! Hosts and the way to them on the command line.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::settings::Layer;

/// Where the provider is.
#[derive(Debug, Clone, Args)]
pub(crate) struct HostArgs {
    /// The region of the tenant, such as `us9`: it stands for all hosts that no URL names.
    #[arg(long, value_name = "CODE", env = "OFFBOARD_REGION")]
    region: Option<String>,

    /// The whole SCIM base URL [default: by region and profile].
    #[arg(long, value_name = "URL", env = "OFFBOARD_SCIM_URL")]
    scim_url: Option<String>,

    /// The sign-in service's origin [default: by region and profile].
    #[arg(long, value_name = "URL", env = "OFFBOARD_AUTH_URL")]
    auth_url: Option<String>,

    /// The OAuth service's origin [default: by region and profile].
    #[arg(long, value_name = "URL", env = "OFFBOARD_OAUTH_URL")]
    oauth_url: Option<String>,
}

impl HostArgs {
    /// Puts what was typed into a layer.
    pub(super) fn into_layer(self, layer: &mut Layer) {
        layer.region = self.region;
        layer.scim_url = self.scim_url;
        layer.auth_url = self.auth_url;
        layer.oauth_url = self.oauth_url;
    }
}

/// The way to the provider.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// The proxy, such as `http://name@proxy.example.com:3128`, or `none` [default: as `HTTPS_PROXY`,
    /// `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say]. Its password is in `OFFBOARD_PROXY_PASSWORD`.
    #[arg(long, value_name = "URL", env = "OFFBOARD_PROXY")]
    proxy: Option<String>,

    /// A file with the proxy's password.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_PROXY_PASSWORD_FILE")]
    proxy_password_file: Option<PathBuf>,

    /// Take the proxy for requests to this very machine too.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_PROXY_LOOPBACK",
        value_parser = BoolishValueParser::new()
    )]
    proxy_loopback: Option<bool>,

    /// Trust the certificate authorities in this PEM file too.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CA_FILE")]
    ca_file: Option<PathBuf>,

    /// Trust these alone, not those of the system.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_CA_ONLY",
        value_parser = BoolishValueParser::new()
    )]
    ca_only: Option<bool>,

    /// The certificate to show to a server that asks for one, in PEM, with those that vouch for it.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CLIENT_CERT")]
    client_cert: Option<PathBuf>,

    /// The key of the client certificate, in PEM, not encrypted.
    #[arg(long, value_name = "FILE", env = "OFFBOARD_CLIENT_KEY")]
    client_key: Option<PathBuf>,
}

impl NetworkArgs {
    /// Puts what was typed into a layer.
    pub(super) fn into_layer(self, layer: &mut Layer) {
        layer.proxy = self.proxy;
        layer.proxy_password_file = self.proxy_password_file;
        layer.proxy_loopback = self.proxy_loopback;
        layer.ca_file = self.ca_file;
        layer.ca_only = self.ca_only;
        layer.client_cert = self.client_cert;
        layer.client_key = self.client_key;
    }
}
