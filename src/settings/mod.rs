//! Settings: flags, variables, file and profile become one value without open questions.
//!
//! Each source is a [`Layer`], in which everything is optional; layers are laid over each other, and
//! what comes out is checked once. Nothing here opens a connection or a ledger, and nothing prints.

/// A settings file in which every setting is explained, and none is set.
pub const TEMPLATE: &str = include_str!("../../config/offboard.toml");

mod dialect;
mod error;
mod file;
mod grounds;
mod layer;
mod network;
mod places;
mod profile;
mod protect;
mod reading;
mod region;
mod resolved;
mod secret;
mod sign_in;
mod sources;
mod span;
mod standard;
mod told;
mod trust;
mod until;
mod written;

pub use dialect::About;
pub use error::SettingsError;
pub use file::SettingsFile;
pub use grounds::{Grounds, Requirement};
pub use layer::Layer;
pub use places::{Place, Places};
pub use profile::{Profile, profile_text, profiles};
pub use region::RegionGroup;
pub use resolved::{Connection, Safety, Settings};
pub use secret::{Found, SecretKind, SecretSource, Ways, accept, open_to_others};
pub use sign_in::{Method, SignIn, SignInKind};
pub use sources::{Setting, Source, Sources};
pub use span::Span;
pub use until::is_past;
