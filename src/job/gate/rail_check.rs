//! The rails that a job passes before its first write: the grounds, the number of users, and their share of the
//! tenant.

use std::fmt::Write;

use crate::domain::{JobId, Tripped, and_more};
use crate::job::JobError;
use crate::job::plan_and_scope::CommandScope;
use crate::job::site::Site;
use crate::ledger::{Job, Ledger};
use crate::settings::{Grounds, Requirement};

/// Users shown of those beyond the cap.
const SHOWN: usize = 5;

/// Why a rail does not let a job begin. No user was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RailError {
    /// The settings require a ticket, a reason or an approver that was not given.
    #[error("the settings require a {}", words(.0))]
    Grounds(Vec<Requirement>),
    /// The settings require a reason, and the one that was given only chooses users.
    #[error(
        "`--reason {0}` chooses the users to try again, and is no reason in words: the settings require one"
    )]
    CodeIsNoReason(String),
    /// The plan does not hold any more.
    #[error("the plan is stale: {0}")]
    Stale(String),
    /// The job writes more users than allowed.
    #[error("{message}")]
    Tripped {
        /// By how much.
        message: String,
        /// The flags that allow it.
        flags: Vec<String>,
    },
    /// The number of users was not confirmed.
    #[error("{message}")]
    Unconfirmed {
        /// What would be done.
        message: String,
        /// The number of users to confirm.
        users: u64,
        /// Whether the users are those of a retry.
        is_retry: bool,
        /// The job.
        job: JobId,
    },
    /// The question could not be asked.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl RailError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Grounds(missing) => {
                let flags: Vec<_> = missing.iter().map(|one| one.flag()).collect();
                format!("give `{}`; nothing was sent", flags.join("` and `"))
            }
            Self::CodeIsNoReason(code) => format!(
                "choose the users with `--only {code}`, and give the reason in words with `--reason`; \
                 nothing was sent"
            ),
            Self::Stale(_) => {
                "nothing was written; make a new plan with `offboard plan` and the same \
                               arguments, look at it, then run"
                    .to_owned()
            }
            Self::Tripped { flags, .. } => format!(
                "look at the roster; to allow it, give `{}`; nothing was written",
                flags.join(" ")
            ),
            Self::Unconfirmed {
                users,
                is_retry,
                job,
                ..
            } => {
                let look = if *is_retry {
                    format!("look at the failed users (`offboard status {job} --all` lists them)")
                } else {
                    format!("look at the plan (`offboard plan {job}` shows it)")
                };
                format!(
                    "{look}; to go on, give `--confirm {users}`; nothing was written by this command"
                )
            }
            Self::NoAnswer(_) => return None,
        })
    }
}

fn words(missing: &[Requirement]) -> String {
    let words: Vec<_> = missing.iter().map(|one| one.as_str()).collect();
    words.join(" and a ")
}

/// Refuses a job that lacks the grounds which the settings file requires.
pub(crate) fn check_grounds(grounds: &Grounds) -> Result<(), RailError> {
    let missing = grounds.missing();
    if missing.is_empty() {
        return Ok(());
    }
    Err(RailError::Grounds(missing))
}

/// Refuses a job that writes more users than the cap or the share allows.
pub(crate) async fn check_rails(
    ledger: &mut Ledger,
    job: &Job,
    scope: &CommandScope,
    site: &Site<'_>,
) -> Result<(), JobError> {
    let extent = scope.extent(job);
    let rails = site.settings().safety.rails;
    let tripped = rails.tripped_by(extent);
    if tripped.is_empty() {
        return Ok(());
    }
    let why: Vec<_> = tripped.iter().map(ToString::to_string).collect();
    let mut message = why.join("; ");
    let is_cap = |rail: &Tripped| matches!(rail, Tripped::Cap { .. });
    if tripped.iter().any(is_cap) {
        let over = ledger.beyond(job, scope.is_retry, rails.cap, SHOWN).await?;
        let _ = write!(message, "; beyond the cap: {}", over.join(", "));
        if let Some(more) = and_more(extent.to_write - rails.cap, over.len()) {
            let _ = write!(message, " {more}");
        }
    }
    let flags = tripped.iter().map(|rail| rail.flag()).collect();
    Err(RailError::Tripped { message, flags }.into())
}
