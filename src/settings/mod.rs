//! Settings: flags, variables, file and profile become one value in which nothing is missing.
//!
//! Each setting is declared once (`groups`, by means of `declare`). Each source of settings is a [`Layer`], in which
//! every setting is optional (`sources`); the layers are laid over each other, and the result is checked once
//! ([`Settings::resolve`]). This room opens no connection and no ledger, and prints nothing.

mod declare;
mod error;
mod groups;
mod protect;
mod recorded;
mod resolved;
mod secret;
mod sign_in;
mod sources;
mod values;

pub use declare::{Declared, Evidence, template};
pub(crate) use error::{MissingSetting, SettingFault, SettingsError};
pub(crate) use groups::{
    ColorSettings, EndSettings, FileSettings, Grounds, LogSettings, LookUpSettings,
    ProgressSettings, ReadingSettings, ReportSettings, Requirement, StrictSettings,
};
pub(crate) use resolved::Connection;
pub use resolved::Settings;
pub use secret::{SecretKind, SecretSource};
pub(crate) use secret::{Ways, accept, open_to_others, value_of};
pub(crate) use sign_in::{SignIn, SignInKind, SignInMethod};
pub use sources::Layer;
pub(crate) use sources::{Origin, SettingsFile, Sources, profile_text, profiles};
pub(crate) use values::{ColorMode, LogFormat, Span, is_past};
