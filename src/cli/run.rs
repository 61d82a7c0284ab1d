//! `offboard run`: from a roster, or a job, to an outcome for every line.

mod again;
mod confirm;
mod session;

use std::path::Path;

use tokio::sync::mpsc;

use crate::cli::args::RunArgs;
use crate::cli::failure::Failure;
use crate::cli::run::confirm::confirm;
use crate::cli::run::session::{SignedIn, password as known_password, password_source, sign_in};
use crate::cli::signals::{Signals, StatusRequests};
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, totals};
use crate::domain::{Change, Clock};
use crate::engine::{self, Ending, EngineError, EngineSettings, Signal, StopReason, Work};
use crate::ledger::{
    Counts, Job, JobSelector, Ledger, LedgerError, NewRun, RunEnding, RunKind, Writer,
};
use crate::plan::{Intake, intake};
use crate::port::SignInError;
use crate::progress::{Progress, ProgressMode};
use crate::report::Summary;
use crate::roster::{self, Survey};
use crate::settings::{PasswordSource, Settings};

/// Workspaces that one request can name (Anaplan, SCIM API).
const MOST_WORKSPACES: usize = 50;

/// What a run is asked to do, apart from settings.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    /// The roster file, or a job.
    pub(super) subject: &'a str,
    /// What is asked for every user; a job knows it by itself.
    pub(super) change: Option<Change>,
    /// The number of users, confirmed.
    pub(super) confirm: Option<u64>,
    /// Whether a new job is wanted, though the same one is there.
    pub(super) new: bool,
    /// Whether one bad line is too many.
    pub(super) strict: bool,
    /// How progress is shown.
    pub(super) progress: ProgressMode,
}

/// A job after a run.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) counts: Counts,
    pub(super) exit: Exit,
    /// Requests sent for users, if there was anything to do.
    pub(super) requests: Option<u64>,
}

pub(super) async fn run(args: RunArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let password = password_source(&settings.connection, terminal)?;
    let progress = if terminal.is_quiet() {
        ProgressMode::Off
    } else {
        args.progress.progress
    };
    let ask = Ask {
        subject: &args.subject,
        change: args.change.change()?,
        confirm: args.confirm,
        new: args.new,
        strict: args.strict,
        progress,
    };
    let done = execute(&ask, &settings, password, terminal).await?;
    if args.json {
        let mut reader = crate::ledger::Reader::open(&settings.ledger).await?;
        let runs = reader.runs(&done.job).await?;
        let summary = Summary::new(&done.job, &done.counts, &runs);
        terminal.outcome(&serde_json::json!(summary).to_string());
    } else {
        terminal.outcome(&totals::totals(&done.job, &done.counts));
    }
    if done.counts.open() > 0 {
        let command = again::command(&done.job.id);
        terminal.warn(&format!("to continue: {command}"));
    } else {
        terminal.note(&format!(
            "for the report: offboard report {} --ledger {} -o DIR",
            done.job.id,
            again::quote(&settings.ledger.to_string_lossy())
        ));
    }
    Ok(done.exit)
}

/// Does the whole job as far as it goes: finds or loads it, confirms, signs in, works, and leaves a
/// consistent ledger.
pub(super) async fn execute(
    ask: &Ask<'_>,
    settings: &Settings,
    password: PasswordSource,
    terminal: Terminal,
) -> Result<Done, Failure> {
    // From the very beginning: by itself this signal would end the process.
    let (_asking, status_asked) = StatusRequests::listen()?;
    let (mut ledger, job) = find_job(ask, settings, terminal).await?;
    terminal.note(&format!(
        "job {} in ledger {}",
        job.id,
        settings.ledger.display()
    ));
    let counts = ledger.counts(&job).await?;
    if counts.open() == 0 {
        terminal.note("nothing is left to do");
        return close(ledger, job, None).await;
    }
    confirm(&job, &settings.connection.username, ask.confirm, terminal)?;
    // Asked for before signals are listened to: Ctrl-C at a prompt simply ends the process.
    let password = known_password(password, &settings.connection.username, terminal)?;
    // Listens until the end, so that the farewell to the provider can be cut short as well.
    let (_listening, mut signals) = Signals::listen()?;
    let signed_in = tokio::select! {
        signed_in = sign_in(settings, password) => signed_in?,
        Some(signal) = signals.recv() => return Err(interrupted(signal, &job)),
    };
    let run = ledger
        .start_run(&job, RunKind::Run, &settings.connection.username)
        .await?;
    if run.recovered > 0 {
        terminal.note(&format!(
            "{} users were being written when the last run died: they are read first",
            run.recovered
        ));
    }
    let with = With {
        signed_in: &signed_in,
        settings,
        signals,
        progress: Progress::new(ask.progress).asked_by(status_asked),
    };
    let (mut ledger, ending) = work(ledger, &job, &counts, &run, with).await?;
    ledger.end_run(&run, run_ending(&ending)).await?;
    signed_in.session.sign_out().await;
    close(ledger, job, Some(&ending)).await
}

/// Nothing was sent for anybody yet.
fn interrupted(signal: Signal, job: &Job) -> Failure {
    let command = again::command(&job.id);
    let message = format!("{}: stopped before anything was sent", signal.as_str());
    Failure::new(Exit::Interrupted(signal), message).hint(format!("to continue: {command}"))
}

async fn find_job(
    ask: &Ask<'_>,
    settings: &Settings,
    terminal: Terminal,
) -> Result<(Ledger, Job), Failure> {
    let path = Path::new(ask.subject);
    if !path.exists()
        && let Some(selector) = JobSelector::parse(ask.subject)
        && settings.ledger.exists()
    {
        let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
        let job = match ledger.select_job(&selector).await {
            Ok(job) => job,
            Err(error @ LedgerError::NoSuchJob(_)) => {
                let hint = format!("there is no file `{}` either", ask.subject);
                return Err(Failure::from(error).hint(hint));
            }
            Err(error) => return Err(error.into()),
        };
        check_job(&job, ask, settings)?;
        return Ok((ledger, job));
    }
    let Some(change) = &ask.change else {
        return Err(crate::domain::ChangeError::Nothing.into());
    };
    let survey = roster::check(path, &settings.roster)?;
    list_bad_lines(&survey, terminal);
    if survey.rejected > 0 {
        let bad = format!(
            "{} of {} lines cannot be used",
            survey.rejected, survey.lines
        );
        if ask.strict {
            return Err(
                Failure::new(Exit::Roster, format!("{bad}, and `--strict` allows none"))
                    .hint("correct the roster, or leave `--strict` out".to_owned()),
            );
        }
        terminal.note(&format!("{bad}; the others go on"));
    }
    let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
    let job = intake(
        &mut ledger,
        Intake {
            roster: path,
            options: &settings.roster,
            survey: &survey,
            change,
            target: settings.connection.scim.as_str(),
            new: ask.new,
        },
    )
    .await?;
    Ok((ledger, job))
}

/// A job that is named by its id must be the one that the rest of the command line means.
fn check_job(job: &Job, ask: &Ask<'_>, settings: &Settings) -> Result<(), Failure> {
    let target = settings.connection.scim.as_str();
    if job.target != target {
        return Err(Failure::new(
            Exit::Settings,
            format!("job {} works on {}, not on {target}", job.id, job.target),
        )
        .hint(format!("give `--scim-url {}`", job.target)));
    }
    match &ask.change {
        Some(change) if *change != job.change => Err(Failure::new(
            Exit::Usage,
            format!("job {} is to {}, not to {change}", job.id, job.change),
        )),
        _ => Ok(()),
    }
}

fn list_bad_lines(survey: &Survey, terminal: Terminal) {
    for (line, rejection) in &survey.rejections {
        terminal.note(&format!("line {line}: {rejection}"));
    }
    let more = survey.rejected - survey.rejections.len() as u64;
    if more > 0 {
        terminal.note(&format!("… and {more} more bad lines"));
    }
}

/// What a run works with.
struct With<'a> {
    signed_in: &'a SignedIn,
    settings: &'a Settings,
    signals: mpsc::Receiver<Signal>,
    progress: Progress,
}

async fn work(
    ledger: Ledger,
    job: &Job,
    counts: &Counts,
    run: &NewRun,
    with: With<'_>,
) -> Result<(Ledger, Ending), Failure> {
    let With {
        signed_in,
        settings,
        signals,
        mut progress,
    } = with;
    let (writer, journal) = Writer::start(ledger, job, run).await?;
    let engine_settings = EngineSettings {
        concurrency: settings.concurrency,
        max_attempts: settings.max_attempts,
        throttle_wait: settings.throttle_wait,
        grace: settings.grace,
        most_workspaces: MOST_WORKSPACES,
        limits: settings.limits,
        clock: Clock::System,
        seed: fastrand::u64(..),
    };
    let work = Work {
        restores: job.change.restores(),
        done: counts.users() - counts.open(),
        users: counts.users(),
    };
    let ended = engine::run(
        work,
        engine_settings,
        std::sync::Arc::clone(&signed_in.client),
        journal,
        std::sync::Arc::clone(&signed_in.pace),
        signals,
        &mut progress,
    )
    .await;
    // The writer's own error says more than the engine's echo of it.
    let ledger = writer.finish().await?;
    match ended {
        Ok(ending) => Ok((ledger, ending)),
        Err(EngineError::Journal(error)) => Err(Failure::new(Exit::Ledger, error)
            .hint("put that right; the same command then continues".to_owned())),
    }
}

fn run_ending(ending: &Ending) -> RunEnding {
    match &ending.stopped {
        None => RunEnding::Finished,
        Some(StopReason::Signal(signal)) => RunEnding::Stopped(signal.as_str()),
        Some(StopReason::SignIn(_)) => RunEnding::Stopped("sign-in lost"),
        Some(StopReason::NoRole(_)) => RunEnding::Stopped("role missing"),
        Some(StopReason::NotScim(_)) => RunEnding::Stopped("no SCIM service"),
        Some(StopReason::Outage(_)) => RunEnding::Stopped("outage"),
        Some(StopReason::TimeOver) => RunEnding::Stopped("time over"),
        Some(StopReason::TooManyFailures(_)) => RunEnding::Stopped("too many failures"),
    }
}

async fn close(mut ledger: Ledger, job: Job, ending: Option<&Ending>) -> Result<Done, Failure> {
    let counts = ledger.counts(&job).await?;
    ledger.close().await?;
    Ok(Done {
        exit: exit(&job, &counts, ending),
        requests: ending.map(|ending| ending.snapshot.requests),
        job,
        counts,
    })
}

fn exit(job: &Job, counts: &Counts, ending: Option<&Ending>) -> Exit {
    match ending {
        Some(Ending { panics: 1.., .. }) => return Exit::Bug,
        Some(Ending {
            stopped: Some(reason),
            ..
        }) => {
            return match reason {
                StopReason::Signal(signal) => Exit::Interrupted(*signal),
                StopReason::SignIn(SignInError::Refused(_)) | StopReason::NoRole(_) => Exit::SignIn,
                StopReason::NotScim(_) => Exit::Settings,
                StopReason::TooManyFailures(_) => Exit::Rail,
                StopReason::SignIn(SignInError::Unavailable(_))
                | StopReason::Outage(_)
                | StopReason::TimeOver => Exit::StoppedEarly,
            };
        }
        _ => {}
    }
    if counts.lines() != job.lines {
        Exit::Imbalance
    } else if counts.trouble() > 0 || counts.open() > 0 {
        Exit::Trouble
    } else {
        Exit::Done
    }
}
