//! The commands that a person may paste next: the one that continues a job, the one that works on a plan, and those of
//! other verbs for the same job. Each is made from the words of the present command, so that flags need not be looked
//! up again. It must not know what the commands do.

mod commands;
mod secret_words;
mod typed_words;

pub(crate) use commands::{after_check, after_planning, continuing, of_verb};
pub(crate) use secret_words::{IS_HIDDEN, command_shown, has_hidden};
