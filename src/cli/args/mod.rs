//! The arguments that several verbs share: the settings, in groups, and what a job is made from. Arguments of one
//! verb alone are beside the verb.

mod grounds;
mod network;
mod rails;
mod roster;
mod shared;
mod sign_in;
mod sources;

pub(crate) use roster::ReadingArgs;
pub(crate) use shared::{ChangeArgs, ConfirmArgs, ProgressArgs, SubjectArgs};
pub(crate) use sources::{FileArgs, SettingsArgs};
