//! Verbs whose output is generated from the description of the command line itself: completions for a shell,
//! and pages of the manual.

mod completions;
mod man;

pub(crate) use completions::{CompletionsArgs, completions};
pub(crate) use man::{ManArgs, man};
