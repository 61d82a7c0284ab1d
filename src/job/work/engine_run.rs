//! Runs the engine on a job that is ready, and says how the ledger records the end of the run.

use std::sync::Arc;

use crate::domain::Clock;
use crate::engine::{self, Ending, EngineError, EngineSettings, RunParts, StopReason, Work};
use crate::job::site::Site;
use crate::job::{CanaryError, JobError, RunProgress, Signals};
use crate::ledger::{Job, Ledger, NewRun, RunEnding, Writer};
use crate::lookup::LookUpError;
use crate::port::SignInError;

const SIGN_IN_LOST: &str = "sign-in lost";
const ROLE_MISSING: &str = "role missing";
const NO_SCIM: &str = "no SCIM service";
const BLOCKED: &str = "no request gets through";
const OUTAGE: &str = "outage";

/// What a run needs beside the job.
pub(super) struct RunSite<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) signals: &'a mut Signals,
    pub(super) progress: &'a mut dyn RunProgress,
}

/// Runs the engine until the job is done, until something stops it, or until so many users more are written.
pub(super) async fn run_engine(
    mut ledger: Ledger,
    job: &Job,
    run: &NewRun,
    write_at_most: Option<u64>,
    with: &mut RunSite<'_>,
) -> Result<(Ledger, Ending), JobError> {
    let site = with.site;
    let settings = site.settings();
    let left = ledger.work_left(job).await?;
    let known = ledger.seen_user(job).await?;
    let (writer, journal) = Writer::start(ledger, job, run, settings.concurrency).await?;
    let engine_settings = EngineSettings {
        concurrency: settings.concurrency,
        max_attempts: settings.max_attempts,
        throttle_wait: settings.throttle_wait,
        grace: settings.grace,
        means: settings.means(),
        door: site.criteria.door.clone(),
        look_ttl: settings.safety.plan_ttl,
        limits: settings.limits,
        clock: Clock::System,
        seed: fastrand::u64(..),
    };
    let work = Work {
        restores: job.change.restores(),
        done: left.users.saturating_sub(left.open),
        users: left.users,
        known,
        write_at_most,
    };
    let parts = RunParts {
        work,
        settings: engine_settings,
        directory: Arc::clone(&site.directory.client),
        journal,
        pace: Arc::clone(&site.directory.pace),
    };
    let ended = engine::run(parts, with.signals.receiver(), with.progress).await;
    // The writer's own error says more than the engine's, which repeats it.
    let ledger = writer.finish().await?;
    match ended {
        Ok(ending) => Ok((ledger, ending)),
        Err(EngineError::Journal(error)) => Err(error.into()),
    }
}

/// How the ledger records the end of a run that the engine has ended.
pub(super) fn run_ending(stopped: Option<&StopReason>) -> RunEnding {
    let Some(reason) = stopped else {
        return RunEnding::Finished;
    };
    RunEnding::Stopped(match reason {
        StopReason::Signal(signal) => signal.as_str(),
        StopReason::SignIn(_) => SIGN_IN_LOST,
        StopReason::NoRole(_) => ROLE_MISSING,
        StopReason::NotScim(_) => NO_SCIM,
        StopReason::Blocked(_) => BLOCKED,
        StopReason::Outage(_) => OUTAGE,
        StopReason::TimeOver => "time over",
        StopReason::TooManyFailures(_) => "too many failures",
    })
}

/// How the ledger records the end of a run between the canary and the other users.
pub(super) fn ending_at_the_canary(error: &JobError) -> RunEnding {
    RunEnding::Stopped(match error {
        JobError::Resumable { error, .. } => return ending_at_the_canary(error),
        JobError::Interrupted { signal, .. } => signal.as_str(),
        JobError::SignIn { error, .. } | JobError::LookUp(LookUpError::SignIn(error)) => {
            match error {
                SignInError::Blocked(_) => BLOCKED,
                SignInError::Refused(_) | SignInError::Unavailable(_) => SIGN_IN_LOST,
            }
        }
        JobError::LookUp(LookUpError::NoRole(_)) => ROLE_MISSING,
        JobError::LookUp(LookUpError::Outage(_)) => OUTAGE,
        JobError::LookUp(LookUpError::Blocked(_)) => BLOCKED,
        JobError::LookUp(LookUpError::NotScim(_)) => NO_SCIM,
        JobError::LookUp(_) => "the look-up failed",
        JobError::Ledger(_) | JobError::Journal(_) => "the ledger failed",
        JobError::Canary(CanaryError::Declined { .. } | CanaryError::NoAnswer(_)) => {
            "not confirmed after the canary"
        }
        _ => "canary",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::JobId;
    use crate::engine::Signal;
    use crate::ledger::LedgerError;

    #[test]
    fn what_ends_a_run_at_the_canary_is_recorded_as_during_the_run() {
        let words = || "x".to_owned();
        let job = JobId::from_stored("0193af".to_owned());
        let interrupted = JobError::Interrupted {
            signal: Signal::Terminate,
            so: "stopped after the canary",
        };
        for (error, reason) in [
            (
                LookUpError::NoRole(words()).into(),
                Some(StopReason::NoRole(words())),
            ),
            (
                LookUpError::Blocked(words()).into(),
                Some(StopReason::Blocked(words())),
            ),
            (
                LookUpError::NotScim(words()).into(),
                Some(StopReason::NotScim(words())),
            ),
            (
                LookUpError::Outage(words()).into(),
                Some(StopReason::Outage(words())),
            ),
            (
                LookUpError::SignIn(SignInError::Refused(words())).into(),
                Some(StopReason::SignIn(SignInError::Refused(words()))),
            ),
            (
                interrupted.resumable(&job),
                Some(StopReason::Signal(Signal::Terminate)),
            ),
        ] {
            let error: JobError = error;
            let expected = run_ending(reason.as_ref());
            assert_eq!(ending_at_the_canary(&error), expected, "{error}");
        }
        let canary = |error: JobError| match ending_at_the_canary(&error) {
            RunEnding::Stopped(why) => why,
            RunEnding::Finished => "finished",
        };
        let failed = CanaryError::Unwritten { left: 3 };
        assert_eq!(canary(failed.into()), "canary");
        let declined = CanaryError::Declined { seen: words() };
        assert_eq!(canary(declined.into()), "not confirmed after the canary");
        let ledger = LedgerError::Gone("ledger.db".into());
        assert_eq!(canary(ledger.into()), "the ledger failed");
    }
}
