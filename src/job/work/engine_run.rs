//! Runs the engine on a job that is ready, and says how the ledger records the end of the run.

use std::sync::Arc;

use crate::domain::Clock;
use crate::engine::{self, Ending, EngineError, EngineSettings, RunParts, StopReason, Work};
use crate::job::site::Site;
use crate::job::{JobError, RunProgress, Signals};
use crate::ledger::{Job, Ledger, NewRun, RunEnding, Writer};
use crate::lookup::LookUpError;
use crate::port::SignInError;

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
    let counts = ledger.counts(job).await?;
    let known = ledger.seen_user(job).await?;
    let (writer, journal) = Writer::start(ledger, job, run).await?;
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
        done: counts.users() - counts.open(),
        users: counts.users(),
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

const SIGN_IN_LOST: &str = "sign-in lost";
const ROLE_MISSING: &str = "role missing";
const NO_SCIM: &str = "no SCIM service";
const BLOCKED: &str = "no request gets through";
const OUTAGE: &str = "outage";

/// How the ledger records the end of a run between the canary and the other users.
pub(super) fn ending_at_the_canary(error: &JobError) -> RunEnding {
    RunEnding::Stopped(match error {
        JobError::Resumable { error, .. } => return ending_at_the_canary(error),
        JobError::Interrupted { signal, .. } => signal.as_str(),
        JobError::SignIn { .. }
        | JobError::LookUp(LookUpError::SignIn(SignInError::Refused(_)) | LookUpError::NoRole(_)) => {
            SIGN_IN_LOST
        }
        JobError::LookUp(
            LookUpError::Outage(_) | LookUpError::SignIn(SignInError::Unavailable(_)),
        ) => OUTAGE,
        JobError::LookUp(LookUpError::Journal(_)) => "canary",
        JobError::LookUp(_) => NO_SCIM,
        _ => "canary",
    })
}
