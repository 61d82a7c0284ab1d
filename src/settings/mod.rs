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

pub use declare::{Declared, Evidence, NamedUser, ProfileName, ProtectPatterns, template};
pub use error::SettingsError;
pub use groups::{
    About, CertificateSettings, FileSettings, Grounds, GroundsSettings, HostSettings,
    LimitSettings, LogSettings, LookUpSettings, NetworkSettings, OauthSettings, ProgressSettings,
    ProviderSettings, RailSettings, ReadingSettings, RedactSettings, RequestSettings, Requirement,
    SignInSettings, StrictSettings, TokenCommandSettings,
};
pub use resolved::{Connection, Safety, Settings};
pub use secret::{FoundSecret, SecretKind, SecretSource, Ways, accept, open_to_others};
pub use sign_in::{SignIn, SignInKind, SignInMethod};
pub use sources::{
    BuiltInProfile, Layer, Origin, RegionGroup, Setting, SettingsFile, Sources, profile_text,
    profiles,
};
pub use values::{Span, UrlPart, UrlParts, is_past};
