//! The arguments that several verbs share: the settings, and what a job is made from. Arguments of one verb alone are
//! beside the verb.

mod shared;
mod sources;

pub(crate) use shared::{ChangeArgs, ConfirmArgs, SubjectArgs};
pub(crate) use sources::{FileArgs, SettingsArgs};
