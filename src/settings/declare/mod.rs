//! How a setting is declared: one field of one group says its flag, its variable, its key in a file, its default,
//! its help, and whether its value may be kept as evidence.
//!
//! This is the mechanism only. The settings themselves are declared in `settings/groups`.

mod declared;
mod group;
mod template;
mod value;

pub use declared::{Declared, Evidence};
pub use template::template;
pub(crate) use value::{NamedUser, ProfileName, ProtectPatterns};

pub(super) use declared::{KEPT, SECRET, SWITCH, SettingFacts, SettingScope, Trust};
pub(super) use group::{SettingGroup, Wanted, settings_group};
pub(super) use value::{SettingValue, choice, text};
