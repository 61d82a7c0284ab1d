//! The engine at work on a job that is ready, and what its ending means.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::At;
use crate::domain::Clock;
use crate::engine::{
    self, Ending, EngineError, EngineSettings, RunParts, Signal, StopReason, Work,
};
use crate::ledger::{Counts, Job, Ledger, NewRun, RunEnding, Undone, Writer};
use crate::port::SignInError;
use crate::progress::Progress;

/// What a run works with.
pub(super) struct With<'a> {
    pub(super) at: &'a At<'a>,
    pub(super) signals: &'a mut mpsc::Receiver<Signal>,
    pub(super) progress: &'a mut Progress,
}

/// Works on a job to its end, or until so many users more are written.
pub(super) async fn work(
    mut ledger: Ledger,
    job: &Job,
    run: &NewRun,
    write_at_most: Option<u64>,
    with: &mut With<'_>,
) -> Result<(Ledger, Ending), Failure> {
    let settings = with.at.settings;
    let counts = ledger.counts(job).await?;
    let known = ledger.seen_user(job).await?;
    let (writer, journal) = Writer::start(ledger, job, run).await?;
    let engine_settings = EngineSettings {
        concurrency: settings.concurrency,
        max_attempts: settings.max_attempts,
        throttle_wait: settings.throttle_wait,
        grace: settings.grace,
        means: settings.means(),
        door: with.at.criteria.door.clone(),
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
        directory: Arc::clone(&with.at.signed_in.client),
        journal,
        pace: Arc::clone(&with.at.signed_in.pace),
    };
    let ended = engine::run(parts, with.signals, with.progress).await;
    // The writer's own error says more than the engine's echo of it.
    let ledger = writer.finish().await?;
    match ended {
        Ok(ending) => Ok((ledger, ending)),
        Err(EngineError::Journal(error)) => Err(Failure::new(Exit::Ledger, error)
            .hint("put that right; the same command then continues".to_owned())),
    }
}

/// How the ledger remembers the end of a run.
pub(super) fn run_ending(ending: &Ending) -> RunEnding {
    match &ending.stopped {
        None => RunEnding::Finished,
        Some(StopReason::Signal(signal)) => RunEnding::Stopped(signal.as_str()),
        Some(StopReason::SignIn(_)) => RunEnding::Stopped("sign-in lost"),
        Some(StopReason::NoRole(_)) => RunEnding::Stopped("role missing"),
        Some(StopReason::NotScim(_)) => RunEnding::Stopped("no SCIM service"),
        Some(StopReason::Blocked(_)) => RunEnding::Stopped("no request gets through"),
        Some(StopReason::Outage(_)) => RunEnding::Stopped("outage"),
        Some(StopReason::TimeOver) => RunEnding::Stopped("time over"),
        Some(StopReason::TooManyFailures(_)) => RunEnding::Stopped("too many failures"),
    }
}

/// What the end of a run means for the command.
pub(super) fn exit(ending: &Ending) -> Exit {
    if ending.panics > 0 {
        return Exit::Bug;
    }
    match &ending.stopped {
        None => Exit::Done,
        Some(StopReason::Signal(signal)) => Exit::Interrupted(*signal),
        Some(StopReason::SignIn(SignInError::Refused(_)) | StopReason::NoRole(_)) => Exit::SignIn,
        Some(
            StopReason::NotScim(_)
            | StopReason::Blocked(_)
            | StopReason::SignIn(SignInError::Blocked(_)),
        ) => Exit::Settings,
        Some(StopReason::TooManyFailures(_)) => Exit::Rail,
        Some(
            StopReason::SignIn(SignInError::Unavailable(_))
            | StopReason::Outage(_)
            | StopReason::TimeOver,
        ) => Exit::StoppedEarly,
    }
}

/// What it means how the lines of a job stand, when nothing stopped the command. Of a job that was undone
/// some users are not in the wanted state, whatever the job's own lines say.
pub(super) fn standing(job: &Job, counts: &Counts, undone: Option<&Undone>) -> Exit {
    let given_back = undone.map_or(0, |undone| undone.given_back);
    if counts.lines() != job.lines {
        Exit::Imbalance
    } else if counts.trouble() > 0 || counts.open() > 0 || given_back > 0 {
        Exit::Trouble
    } else {
        Exit::Done
    }
}
