//! The sources of settings: the command line, a settings file, a region, a profile, and the built-in values. Each is
//! a [`Layer`], and the layers stay apart until they are laid over each other, so that the origin of each value can
//! be shown.

mod built_in;
mod file;
mod layer;
mod merged;
mod parsing;
mod profile;
mod region;
mod trust;

pub(crate) use built_in::{profile_text, profiles};
pub(crate) use file::SettingsFile;
pub use layer::Layer;
pub(crate) use merged::{Origin, Sources};
pub(crate) use region::RegionGroup;

pub(super) use built_in::is_built_in;
pub(super) use profile::is_profile_file;
