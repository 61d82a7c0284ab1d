//! A command that cannot go on: what failed, what to do next, and the exit code.

use crate::audit::AuditError;
use crate::cli::Exit;
use crate::cli::next::continuing;
use crate::domain::ChangeError;
use crate::export::PartError;
use crate::files::FileError;
use crate::job::{JobError, RailError, SelectionError};
use crate::ledger::LedgerError;
use crate::lookup::LookUpError;
use crate::report::ReportError;
use crate::roster::RosterError;
use crate::settings::SettingsError;

/// Why a command ends without having done what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What failed.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
    /// The command that continues.
    pub(crate) next: Option<String>,
}

impl Failure {
    /// What failed, without a hint.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "errors and fresh texts are handed over for good"
    )]
    pub(crate) fn new(exit: Exit, message: impl ToString) -> Self {
        Self {
            exit,
            message: message.to_string(),
            hint: None,
            next: None,
        }
    }

    /// The command that continues once this is put right. After a rail, a usage error or a bug it would end in the
    /// same way, so none is printed.
    pub(crate) fn continued_by(mut self, command: String) -> Self {
        if !matches!(self.exit, Exit::Rail | Exit::Usage | Exit::Bug) {
            self.next = Some(command);
        }
        self
    }

    /// What to do next.
    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        let failure = Self::new(Exit::from(&error), &error).hint(error.hint());
        match &error {
            JobError::Resumable { job, .. } => failure.continued_by(continuing(job)),
            _ => failure,
        }
    }
}

/// Errors that a job may end with, where a verb meets them without a job.
macro_rules! as_of_a_job {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                JobError::from(error).into()
            }
        }
    )*};
}

as_of_a_job!(
    SettingsError,
    ChangeError,
    RosterError,
    LedgerError,
    LookUpError,
    RailError,
    SelectionError,
);

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self::new(Exit::Settings, error).hint(hint)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Ledger(error) => error.into(),
            ReportError::Occupied(_) => Self::new(Exit::Settings, error)
                .hint("name a folder that does not exist yet with `-o DIR`".to_owned()),
            ReportError::Damaged { .. } => {
                Self::new(Exit::Imbalance, error).hint("restore the ledger from a copy".to_owned())
            }
            ReportError::File(error) => error.into(),
            ReportError::Write { .. } | ReportError::Flush(_) | ReportError::Workbook(_) => {
                Self::new(Exit::Settings, error)
            }
        }
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Ledger(error) => error.into(),
            AuditError::Read { .. } | AuditError::Temporary(_) => Self::new(Exit::Settings, error),
        }
    }
}

impl From<PartError> for Failure {
    fn from(error: PartError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self::new(Exit::Settings, error).hint(hint)
    }
}
