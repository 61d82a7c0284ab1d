//! A command that cannot go on: what failed, what to do next, and with which exit code.

use crate::cli::Exit;
use crate::domain::ChangeError;
use crate::files::FileError;
use crate::ledger::LedgerError;
use crate::plan::IntakeError;
use crate::port::SignInError;
use crate::report::ReportError;
use crate::roster::RosterError;
use crate::settings::SettingsError;

/// Why a command ends without having done what was asked.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// What failed.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: Option<String>,
    /// The command that continues.
    pub(super) next: Option<String>,
}

impl Failure {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "errors and fresh texts are handed over for good"
    )]
    pub(super) fn new(exit: Exit, message: impl ToString) -> Self {
        Self {
            exit,
            message: message.to_string(),
            hint: None,
            next: None,
        }
    }

    /// What continues once that is put right; a rail has to be dealt with first.
    pub(super) fn continued_by(mut self, command: String) -> Self {
        if !matches!(self.exit, Exit::Rail | Exit::Usage | Exit::Bug) {
            self.next = Some(command);
        }
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Settings, error).hint(hint)
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        Self::new(Exit::Usage, error)
    }
}

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Roster, error).hint(hint)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Ledger, error).hint(hint)
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        let hint = error.hint();
        let exit = match error {
            IntakeError::Ledger(_) => Exit::Ledger,
            IntakeError::Roster(_)
            | IntakeError::Moving
            | IntakeError::Changed { .. }
            | IntakeError::Reading { .. } => Exit::Roster,
        };
        Self::new(exit, error).hint(hint)
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        let exit = match &error {
            SignInError::Refused(_) => Exit::SignIn,
            SignInError::Blocked(_) => Exit::Settings,
            SignInError::Unavailable(_) => Exit::StoppedEarly,
        };
        Self::new(exit, error)
    }
}

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
            ReportError::Write { .. } | ReportError::Flush(_) => Self::new(Exit::Settings, error),
        }
    }
}
