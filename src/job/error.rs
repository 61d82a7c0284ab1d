//! Why a job cannot go on, and what to do about it.

use std::io;

use crate::domain::{ChangeError, JobId};
use crate::engine::Signal;
use crate::http::HttpError;
use crate::job::{
    CanaryError, ProviderCheckError, RailError, SecretError, SelectionError, UndoError,
};
use crate::ledger::LedgerError;
use crate::lookup::{LookUpError, NoAttribute};
use crate::plan::{IntakeError, PlanError};
use crate::port::{JournalError, SignInError};
use crate::roster::RosterError;
use crate::settings::SettingsError;

/// Why a job cannot go on. How a user ended is no error: it is in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The settings are wrong, or a secret is missing.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What is asked for every user cannot be done.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The roster cannot be used.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The roster cannot be loaded.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The command means no job, or one that it does not fit.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger failed while the engine was at work.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No HTTP client can be made.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The account cannot sign in.
    #[error("{error}")]
    SignIn {
        /// Why not.
        error: SignInError,
        /// What to check.
        hint: Option<String>,
    },
    /// The job and the account, or the plan, do not fit.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The users cannot be looked up.
    #[error(transparent)]
    LookUp(#[from] LookUpError),
    /// A rail does not let the job begin.
    #[error(transparent)]
    Rail(#[from] RailError),
    /// The canary does not let the job go on.
    #[error(transparent)]
    Canary(#[from] CanaryError),
    /// The job cannot be undone.
    #[error(transparent)]
    Undo(#[from] UndoError),
    /// The provider does not answer as it must.
    #[error(transparent)]
    Check(#[from] ProviderCheckError),
    /// A signal arrived outside a run.
    #[error("{}: {so}", .signal.as_str())]
    Interrupted {
        /// The signal.
        signal: Signal,
        /// In which state things are left.
        so: &'static str,
    },
    /// Signals cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(#[source] io::Error),
    /// The job is in the ledger: the same command continues it once this is put right.
    #[error("{error}")]
    Resumable {
        /// The job.
        job: JobId,
        /// What is in the way.
        error: Box<JobError>,
    },
}

/// The job does not fit the account that is signed in, or the plan that it has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// One address may serve several tenants.
    #[error("job {job} is of tenant {bound}, and {account} is signed in to tenant {here}")]
    OtherTenant {
        /// The job.
        job: JobId,
        /// The tenant in which it was run before.
        bound: String,
        /// The account that is signed in.
        account: String,
        /// Its tenant.
        here: String,
    },
    /// Users cannot be written without a look-up, since only their names are known.
    #[error("some lines of the roster have no user id, and names have to be looked up")]
    NamesNeedLookUp,
    /// The stored plan is not the one that was made.
    #[error(
        "what the ledger holds is not the plan that was made: its digest is {found}, and was {planned}"
    )]
    OtherPlan {
        /// The digest of what the ledger holds now.
        found: String,
        /// The digest when the plan was made.
        planned: String,
    },
}

impl JobError {
    /// What to do about it; `None` if the message says it all.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.hint(),
            Self::Secret(error) => error.hint().map(str::to_owned),
            Self::Change(_) | Self::Http(_) | Self::Signals(_) | Self::Interrupted { .. } => None,
            Self::Roster(error) => error.hint(),
            Self::Intake(error) => error.hint(),
            Self::Selection(error) => error.hint(),
            Self::Ledger(error) => error.hint(),
            Self::Journal(_) => Some(CONTINUES.to_owned()),
            Self::SignIn { hint, .. } => hint.clone(),
            Self::Site(error) => Some(error.hint().to_owned()),
            Self::LookUp(error) => look_up_hint(error),
            Self::Rail(error) => error.hint(),
            Self::Canary(error) => error.hint().map(str::to_owned),
            Self::Undo(error) => Some(error.hint().to_owned()),
            Self::Check(error) => Some(error.hint().to_owned()),
            Self::Resumable { error, .. } => error.hint(),
        }
    }

    /// This error, with the job that the same command continues.
    #[must_use]
    pub(super) fn resumable(self, job: &JobId) -> Self {
        match self {
            already @ Self::Resumable { .. } => already,
            error => Self::Resumable {
                job: job.clone(),
                error: Box::new(error),
            },
        }
    }
}

impl SiteError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherTenant { .. } => {
                "sign in with an account of the job's tenant; for this tenant, start a job of its own with \
                 `--new`, best in another ledger (`--ledger FILE`)"
            }
            Self::NamesNeedLookUp => "leave `--no-lookup` out",
            Self::OtherPlan { .. } => {
                "the ledger was changed by other means, or the profile names other limits: plan again"
            }
        }
    }
}

const CONTINUES: &str = "put that right; the same command then continues";

fn look_up_hint(error: &LookUpError) -> Option<String> {
    let hint = match error {
        LookUpError::SignIn(_) => return None,
        LookUpError::NoAttribute(_) => return Some(NoAttribute::HINT.to_owned()),
        LookUpError::Outage(_) => "what was looked up is kept: the same command continues",
        LookUpError::NoRole(_) => {
            "give the account the role of a user administrator; if the provider speaks of the \
             credential, renew that; nothing was written"
        }
        LookUpError::Blocked(_) => {
            "put that right: the same command then continues; nothing was written"
        }
        LookUpError::NotScim(_) => "check `--scim-url`; nothing was written",
        LookUpError::NoList(_) => "check `--scim-url`, and that the profile is the provider's",
        LookUpError::Filter(_) => "correct `--filter`, or leave it out",
        LookUpError::Journal(_) => CONTINUES,
    };
    Some(hint.to_owned())
}

impl From<PlanError> for JobError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::LookUp(error) => error.into(),
            PlanError::Ledger(error) => error.into(),
        }
    }
}

impl From<SignInError> for JobError {
    fn from(error: SignInError) -> Self {
        Self::SignIn { error, hint: None }
    }
}
