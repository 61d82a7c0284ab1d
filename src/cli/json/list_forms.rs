//! Settings, profiles, an export of users, and the addresses of the sandbox.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// `config show`: every setting.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SettingsForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The settings by their keys in a settings file, and secrets that variables hold.
    pub(crate) settings: BTreeMap<String, SettingForm>,
}

/// One setting.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SettingForm {
    /// Its value; null if it is not set. Of a secret, and of what may hold one, it is not shown.
    pub(crate) value: Option<Value>,
    /// The flag, variable, file or profile that gave the value.
    pub(crate) source: String,
}

/// `config profiles`: the built-in profiles.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ProfilesForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The profiles.
    pub(crate) profiles: Vec<ProfileForm>,
}

/// One profile.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ProfileForm {
    /// Its name, for `--profile`.
    pub(crate) name: String,
    /// The provider.
    pub(crate) provider: String,
    /// The server against which the profile was tried.
    pub(crate) tried: String,
}

/// `users export`: what was written.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExportForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The file.
    pub(crate) file: String,
    /// Users in the file.
    pub(crate) users: u64,
    /// Users that the provider showed twice, and that have one row.
    pub(crate) duplicates: u64,
    /// How many users there are, as the provider says; null if it does not.
    pub(crate) total: Option<u64>,
}

/// `sandbox`: where it listens, and how to sign in. It is printed when the sandbox is ready.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SandboxForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The SCIM base URL.
    pub(crate) scim_url: String,
    /// The sign-in service.
    pub(crate) auth_url: String,
    /// The account of `anaplan-basic`.
    pub(crate) username: String,
    /// Its password.
    pub(crate) password: String,
    /// A static token.
    pub(crate) api_key: String,
    /// The client of OAuth.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: String,
    /// Where OAuth gives tokens.
    pub(crate) token_url: String,
    /// Where OAuth gives codes.
    pub(crate) device_url: String,
}

/// `worker`: what a worker serves, once it has begun.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WorkerForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The targets, by the names of their settings files.
    pub(crate) targets: Vec<String>,
    /// Jobs at the same time, at most.
    pub(crate) jobs: usize,
    /// Where `/healthz`, `/readyz` and `/metrics` are answered; null if they are not.
    pub(crate) listens: Option<String>,
}
