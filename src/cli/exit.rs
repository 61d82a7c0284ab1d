//! What the exit code says.

use std::process::ExitCode;

use crate::engine::Signal;

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
            Self::Interrupted(Signal::Terminate) => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
