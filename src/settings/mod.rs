//! Settings: flags, variables, file and profile become one value without open questions.
//!
//! Each source is a [`Layer`], in which everything is optional; layers are laid over each other, and
//! what comes out is checked once. Nothing here opens a connection or a ledger, and nothing prints.

mod dialect;
mod error;
mod grounds;
mod layer;
mod places;
mod profile;
mod protect;
mod resolved;
mod secret;
mod span;
mod told;
mod until;

pub use dialect::About;
pub use error::SettingsError;
pub use grounds::{Grounds, Requirement};
pub use layer::Layer;
pub use places::{Place, Places};
pub use profile::{Profile, profile_text, profiles};
pub use resolved::{Connection, Safety, Settings};
pub use secret::{PASSWORD_VARIABLE, PasswordSource};
pub use span::Span;
