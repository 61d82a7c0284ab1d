//! The exit code, and which error or end of a job has which.

use std::process::ExitCode;

use crate::engine::{Signal, StopReason};
use crate::job::{JobEnd, JobError, ProviderCheckError, SelectionError, SiteError};
use crate::lookup::LookUpError;
use crate::plan::IntakeError;
use crate::port::SignInError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every user is in the wanted state, and the totals balance.
    Done,
    /// The program itself is wrong.
    Bug,
    /// The command line is wrong.
    Usage,
    /// Settings, secrets or a URL are wrong.
    Settings,
    /// The roster cannot be used, or changed since the job began.
    Roster,
    /// Sign-in or role refused.
    SignIn,
    /// A rail stopped the job.
    Rail,
    /// The ledger is locked, damaged or from a newer version.
    Ledger,
    /// The run finished, and at least one user is not in the wanted state.
    Trouble,
    /// Stopped early by a limit or an outage.
    StoppedEarly,
    /// The totals do not add up.
    Imbalance,
    /// A signal interrupted the run.
    Interrupted(Signal),
}

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Settings => 3,
            Self::Roster => 4,
            Self::SignIn => 5,
            Self::Rail => 6,
            Self::Ledger => 7,
            Self::Trouble => 10,
            Self::StoppedEarly => 11,
            Self::Imbalance => 12,
            Self::Interrupted(Signal::Hangup) => 129,
            Self::Interrupted(Signal::Interrupt) => 130,
            Self::Interrupted(Signal::Terminate | Signal::Cancel) => 143,
        }
    }

    /// The code as a word, for programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Bug => "bug",
            Self::Usage => "usage",
            Self::Settings => "settings",
            Self::Roster => "roster",
            Self::SignIn => "sign_in",
            Self::Rail => "rail",
            Self::Ledger => "ledger",
            Self::Trouble => "incomplete",
            Self::StoppedEarly => "stopped_early",
            Self::Imbalance => "imbalance",
            Self::Interrupted(_) => "interrupted",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<&JobEnd> for Exit {
    fn from(end: &JobEnd) -> Self {
        match end {
            JobEnd::Complete => Self::Done,
            JobEnd::Incomplete => Self::Trouble,
            JobEnd::Unbalanced => Self::Imbalance,
            JobEnd::Stopped(reason) => reason.into(),
            JobEnd::Panicked => Self::Bug,
        }
    }
}

impl From<&StopReason> for Exit {
    fn from(reason: &StopReason) -> Self {
        match reason {
            StopReason::Signal(signal) => Self::Interrupted(*signal),
            StopReason::SignIn(error) => error.into(),
            StopReason::NoRole(_) => Self::SignIn,
            StopReason::NotScim(_) | StopReason::Blocked(_) => Self::Settings,
            StopReason::TooManyFailures(_) => Self::Rail,
            StopReason::Outage(_) | StopReason::TimeOver => Self::StoppedEarly,
        }
    }
}

impl From<&SignInError> for Exit {
    fn from(error: &SignInError) -> Self {
        match error {
            SignInError::Refused(_) => Self::SignIn,
            SignInError::Blocked(_) => Self::Settings,
            SignInError::Unavailable(_) => Self::StoppedEarly,
        }
    }
}

impl From<&JobError> for Exit {
    fn from(error: &JobError) -> Self {
        match error {
            JobError::Settings(_) | JobError::Secret(_) | JobError::Http(_) => Self::Settings,
            JobError::Change(_) | JobError::Undo(_) => Self::Usage,
            JobError::Roster(_) => Self::Roster,
            JobError::Intake(error) => match error {
                IntakeError::Ledger(_) => Self::Ledger,
                IntakeError::Roster(_)
                | IntakeError::Moving
                | IntakeError::Changed { .. }
                | IntakeError::Reading { .. } => Self::Roster,
            },
            JobError::Selection(error) => match error {
                SelectionError::NotAJob(_)
                | SelectionError::OtherChange { .. }
                | SelectionError::Unsupported(_) => Self::Usage,
                SelectionError::NeitherJobNorFile { .. } => Self::Ledger,
                SelectionError::OtherTarget { .. } | SelectionError::OtherReading { .. } => {
                    Self::Settings
                }
                SelectionError::BadLines(_) => Self::Roster,
            },
            JobError::Ledger(_) | JobError::Journal(_) => Self::Ledger,
            JobError::SignIn { error, .. } => error.into(),
            JobError::Site(error) => match error {
                SiteError::OtherTenant { .. } => Self::Settings,
                SiteError::NamesNeedLookUp => Self::Usage,
                SiteError::OtherPlan { .. } => Self::Ledger,
            },
            JobError::LookUp(error) => error.into(),
            JobError::Rail(_) | JobError::Canary(_) => Self::Rail,
            JobError::Check(error) => match error {
                ProviderCheckError::Silent(_) => Self::StoppedEarly,
                ProviderCheckError::NoRole { .. } => Self::SignIn,
                ProviderCheckError::NoUsers { .. } => Self::Settings,
            },
            JobError::Interrupted { signal, .. } => Self::Interrupted(*signal),
            JobError::Signals(_) => Self::Bug,
            JobError::Resumable { error, .. } => error.as_ref().into(),
        }
    }
}

impl From<&LookUpError> for Exit {
    fn from(error: &LookUpError) -> Self {
        match error {
            LookUpError::SignIn(error) => error.into(),
            LookUpError::Outage(_) => Self::StoppedEarly,
            LookUpError::NoRole(_) => Self::SignIn,
            LookUpError::NoAttribute(_)
            | LookUpError::Blocked(_)
            | LookUpError::NotScim(_)
            | LookUpError::NoList(_) => Self::Settings,
            LookUpError::Filter(_) => Self::Usage,
            LookUpError::Journal(_) => Self::Ledger,
        }
    }
}
