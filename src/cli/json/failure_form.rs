//! A command that cannot go on.

use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::json::{SCHEMA, VERSION};

/// Any verb, if it cannot go on. It is the only object that such a command prints.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FailureForm<'a> {
    /// The version of this form.
    schema: u32,
    /// The version of the program.
    version: &'static str,
    /// What failed.
    error: ErrorForm<'a>,
}

/// What failed, and what to do next.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ErrorForm<'a> {
    /// The kind of failure, one word for each exit code: `usage`, `settings`, `roster`, `sign_in`, `rail`, `ledger`,
    /// `incomplete`, `stopped_early`, `imbalance`, `interrupted` or `bug`.
    pub(crate) code: &'static str,
    /// The exit code of the command.
    pub(crate) exit: u8,
    /// What failed, in words.
    pub(crate) message: &'a str,
    /// What to do about it; null if the message says it all.
    pub(crate) hint: Option<&'a str>,
    /// The command that continues; null if none does.
    pub(crate) next: Option<&'a str>,
}

impl<'a> From<&'a Failure> for FailureForm<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            schema: SCHEMA,
            version: VERSION,
            error: ErrorForm {
                code: failure.exit.name(),
                exit: failure.exit.code(),
                message: &failure.message,
                hint: failure.hint.as_deref(),
                next: failure.next.as_deref(),
            },
        }
    }
}
