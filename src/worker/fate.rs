//! What the end of the work on a job means for its order. It is a pure rule.

use std::time::Duration;

use crate::domain::{Status, counted};
use crate::engine::StopReason;
use crate::job::{JobEnd, JobError, JobResult};
use crate::ledger::{LedgerError, OrderReport, OrderState};
use crate::lookup::LookUpError;
use crate::port::SignInError;

/// What becomes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Each user has an outcome. The text says what is not as wanted.
    Done(Option<String>),
    /// Only a person can go on.
    Stopped(String),
    /// It is tried again later, and later each time.
    Postponed(String),
    /// It is tried again in a moment: the ledger was not to be reached, or another process was faster.
    Again(String),
    /// It waits for the next worker, or was cancelled.
    Left,
}

/// How soon an order is tried again that this process could not go on with.
const SOON: Duration = Duration::from_secs(5);

const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_mins(30);

/// How long an order waits that was given up so many times in a row.
fn wait_before_try(tries: u64) -> Duration {
    let doubled = 1_u32.checked_shl(u32::try_from(tries).unwrap_or(u32::MAX));
    let wait = doubled.and_then(|times| FIRST.checked_mul(times));
    wait.unwrap_or(LONGEST).min(LONGEST)
}

impl Fate {
    /// What becomes of the order, and why, for the log.
    pub(super) fn in_words(&self) -> (&'static str, &str) {
        match self {
            Self::Done(why) => ("done", why.as_deref().unwrap_or_default()),
            Self::Stopped(why) => ("stopped", why),
            Self::Postponed(why) | Self::Again(why) => ("tried again later", why),
            Self::Left => ("left to other workers, or cancelled", ""),
        }
    }

    /// What the ledger is to say of an order that was given up so many times in a row before; `None` if nothing.
    pub(super) fn report(&self, tries: u64) -> Option<OrderReport> {
        let again = |why: &str, wait, tries| OrderReport {
            wait,
            tries,
            ..OrderReport::new(OrderState::Waiting, Some(why.to_owned()))
        };
        Some(match self {
            Self::Done(why) => OrderReport::new(OrderState::Done, why.clone()),
            Self::Stopped(why) => OrderReport::new(OrderState::Stopped, Some(why.clone())),
            Self::Postponed(why) => again(why, wait_before_try(tries), tries + 1),
            Self::Again(why) => again(why, SOON, tries),
            Self::Left => return None,
        })
    }

    /// From how the work ended.
    pub(super) fn of(ended: &Result<JobResult, JobError>) -> Self {
        match ended {
            Ok(result) => Self::of_result(result),
            Err(error) => Self::of_error(error),
        }
    }

    fn of_result(result: &JobResult) -> Self {
        match &result.end {
            JobEnd::Complete => Self::Done(None),
            JobEnd::Incomplete => {
                let failed = result.counts.of(Status::Failed);
                let why = counted(failed, "user has", "users have");
                Self::Done((failed > 0).then(|| format!("{why} failed")))
            }
            JobEnd::Unbalanced => {
                Self::Stopped("the outcomes do not add up to the lines of the roster".to_owned())
            }
            JobEnd::Panicked => {
                Self::Stopped("a bug of this program: see the log of the worker".to_owned())
            }
            JobEnd::Stopped(reason) => Self::of_reason(reason),
        }
    }

    fn of_reason(reason: &StopReason) -> Self {
        let why = reason.to_string();
        match reason {
            StopReason::Signal(_) => Self::Left,
            StopReason::Outage(_) | StopReason::SignIn(SignInError::Unavailable(_)) => {
                Self::Postponed(why)
            }
            StopReason::SignIn(_)
            | StopReason::NoRole(_)
            | StopReason::NotScim(_)
            | StopReason::Blocked(_)
            | StopReason::TimeOver
            | StopReason::TooManyFailures(_) => Self::Stopped(why),
        }
    }

    fn of_error(error: &JobError) -> Self {
        // A hint about settings names flags and variables, and those of a worker count for no target.
        let is_about_settings = matches!(
            error,
            JobError::Settings(_)
                | JobError::Secret(_)
                | JobError::Selection(_)
                | JobError::SignIn { .. }
        );
        let why = || match error.hint() {
            _ if is_about_settings => {
                format!("{error} (see the settings file of the target at the worker)")
            }
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        };
        match error {
            JobError::Resumable { error, .. } => Self::of_error(error),
            JobError::Interrupted { .. } | JobError::Ledger(LedgerError::TakenOver) => Self::Left,
            JobError::Ledger(error) if error.may_pass() => Self::Again(error.to_string()),
            JobError::SignIn {
                error: SignInError::Unavailable(_),
                ..
            }
            | JobError::Journal(_)
            | JobError::Settings(_)
            | JobError::Secret(_)
            | JobError::LookUp(
                LookUpError::Outage(_) | LookUpError::SignIn(SignInError::Unavailable(_)),
            ) => Self::Postponed(why()),
            _ => Self::Stopped(why()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Signal;

    #[test]
    fn the_wait_doubles_up_to_half_an_hour() {
        let waits = [0, 1, 2, 5, 6, 31, 32, u64::MAX].map(|tries| wait_before_try(tries).as_secs());
        assert_eq!(waits, [30, 60, 120, 960, 1800, 1800, 1800, 1800]);
    }

    #[test]
    fn p2_what_may_pass_is_tried_again_and_what_a_person_must_look_at_is_not() {
        let text = || "x".to_owned();
        for (error, expected) in [
            (LedgerError::TakenOver.into(), "left"),
            (LedgerError::Gone("f".into()).into(), "stopped"),
            (LookUpError::Outage(text()).into(), "postponed"),
            (LookUpError::NoRole(text()).into(), "stopped"),
            (SignInError::Unavailable(text()).into(), "postponed"),
            (SignInError::Refused(text()).into(), "stopped"),
            (
                JobError::Interrupted {
                    signal: Signal::Terminate,
                    so: "stopped",
                },
                "left",
            ),
        ] {
            let error: JobError = error;
            let found = match Fate::of_error(&error) {
                Fate::Done(_) => "done",
                Fate::Stopped(_) => "stopped",
                Fate::Postponed(_) => "postponed",
                Fate::Again(_) => "again",
                Fate::Left => "left",
            };
            assert_eq!(found, expected, "{error}");
        }
    }
}
