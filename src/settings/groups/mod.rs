//! The settings themselves. Each is declared once, as a field of one of these groups.
//!
//! To add a setting, add a field here and use it where it matters: the flag, the variable, the key in files, the
//! help, the annotated file, `config show`, the evidence of a run and `docs/settings.md` follow from the field.

mod commands;
mod grounds;
mod hosts;
mod network;
mod rails;
mod reading;
mod requests;
mod sign_in;

pub(crate) use commands::{
    ColorSettings, EndSettings, FileSettings, LogSettings, LookUpSettings, ProgressSettings,
    ReportSettings, StrictSettings,
};
pub(crate) use grounds::{Grounds, GroundsSettings, Requirement};
pub(crate) use hosts::{About, HostSettings, ProviderSettings};
pub(crate) use network::NetworkSettings;
pub(crate) use rails::RailSettings;
pub(crate) use reading::ReadingSettings;
pub(crate) use requests::{LimitSettings, RequestSettings};
pub(crate) use sign_in::{
    CertificateSettings, OauthSettings, SignInSettings, TokenCommandSettings,
};

pub(super) use network::{SecretVariables, network};
