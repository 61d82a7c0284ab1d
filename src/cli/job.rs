//! What the verbs that work on a job share: from a command to a job that is planned, passed by the
//! rails, confirmed, and seen to its end.

mod again;
mod canary;
mod confirm;
mod find;
mod plan;
mod rails;
mod session;
mod work;

pub(super) use again::{command as command_again, quote};
pub(super) use session::password_source;

use tokio::sync::mpsc;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::signals::{Signals, StatusRequests};
use crate::cli::terminal::Terminal;
use crate::domain::Change;
use crate::engine::Signal;
use crate::ledger::{Counts, Job, Ledger, RunEnding, RunKind};
use crate::plan::{Criteria, ProtectList};
use crate::progress::{Progress, ProgressMode};
use crate::settings::{PasswordSource, Settings};
use confirm::confirm;
use find::find_job;
use session::{SignedIn, password as known_password, sign_in};
use work::{With, work};

/// What a command asks for, apart from settings.
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
    /// Whether users are looked up one by one, each right before being written.
    pub(super) no_lookup: bool,
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

/// Where a command works, once it has signed in.
pub(super) struct At<'a> {
    pub(super) settings: &'a Settings,
    pub(super) terminal: Terminal,
    pub(super) signed_in: SignedIn,
    pub(super) criteria: Criteria,
    pub(super) progress: ProgressMode,
}

/// Does the whole job as far as it goes: finds or loads it, plans, confirms, works, and leaves a
/// consistent ledger.
pub(super) async fn execute(
    ask: &Ask<'_>,
    settings: &Settings,
    password: PasswordSource,
    terminal: Terminal,
) -> Result<Done, Failure> {
    let (ledger, job) = find_job(ask, settings, terminal).await?;
    finish(ledger, job, ask, settings, password, terminal).await
}

/// Does the rest of a job that is in the ledger.
pub(super) async fn finish(
    mut ledger: Ledger,
    job: Job,
    ask: &Ask<'_>,
    settings: &Settings,
    password: PasswordSource,
    terminal: Terminal,
) -> Result<Done, Failure> {
    // From the very beginning: by itself this signal would end the process.
    let (_asking, status_asked) = StatusRequests::listen()?;
    terminal.note(&format!(
        "job {} in ledger {}",
        job.id,
        settings.ledger.display()
    ));
    if ledger.counts(&job).await?.open() == 0 {
        terminal.note("nothing is left to do");
        return close(ledger, job, Exit::Done, None).await;
    }
    // Asked for before signals are listened to: Ctrl-C at a prompt simply ends the process.
    let password = known_password(password, &settings.connection.username, terminal)?;
    // Listens until the end, so that the farewell to the provider can be cut short as well.
    let (_listening, mut signals) = Signals::listen()?;
    let ready = async {
        let at = enter(&job, ask, settings, password, terminal).await?;
        let job = plan::planned(&mut ledger, job.clone(), &at, ask.no_lookup).await?;
        Ok::<_, Failure>((at, job))
    };
    let (at, job) = tokio::select! {
        ready = ready => ready?,
        Some(signal) = signals.recv() => return Err(interrupted(signal, &job)),
    };
    let done = begin(ledger, job, ask, &at, signals, status_asked).await;
    at.signed_in.session.sign_out().await;
    done
}

/// Passes the rails, and works.
async fn begin(
    mut ledger: Ledger,
    job: Job,
    ask: &Ask<'_>,
    at: &At<'_>,
    mut signals: mpsc::Receiver<Signal>,
    status_asked: std::sync::Arc<std::sync::atomic::AtomicBool>,
) -> Result<Done, Failure> {
    if ledger.counts(&job).await?.open() == 0 {
        at.terminal.note("nothing is left to do");
        return close(ledger, job, Exit::Done, None).await;
    }
    rails::check(&mut ledger, &job, at).await?;
    confirm(
        &job,
        &at.settings.connection.username,
        ask.confirm,
        at.terminal,
    )?;
    let account = &at.settings.connection.username;
    let run = ledger.start_run(&job, RunKind::Run, account).await?;
    if run.recovered > 0 {
        at.terminal.note(&format!(
            "{} users were being written when the last run died: they are read first",
            run.recovered
        ));
    }
    let protected = crate::plan::protect(&mut ledger, &job, &run, &at.criteria).await?;
    if protected > 0 {
        at.terminal.warn(&format!(
            "{protected} users are protected since the plan was made"
        ));
    }
    let mut progress = Progress::new(at.progress).asked_by(status_asked);
    let mut with = With {
        at,
        signals: &mut signals,
        progress: &mut progress,
    };
    let canary = canary::due(&mut ledger, &job, at).await?;
    let through = canary.as_ref().map(|canary| canary.through);
    let (mut ledger, mut ending) = work(ledger, &job, &run, through, &mut with).await?;
    let mut requests = ending.snapshot.requests;
    if let Some(canary) = canary
        && ending.stopped.is_none()
    {
        if let Err(failure) = canary::judge(&canary, &mut ledger, &job, &run, at).await {
            ledger.end_run(&run, RunEnding::Stopped("canary")).await?;
            return Err(failure);
        }
        (ledger, ending) = work(ledger, &job, &run, None, &mut with).await?;
        requests += ending.snapshot.requests;
    }
    ledger.end_run(&run, work::run_ending(&ending)).await?;
    let exit = work::exit(&ending);
    close(ledger, job, exit, Some(requests)).await
}

/// Signs in, and finds out who is never to be touched.
pub(super) async fn enter<'a>(
    job: &Job,
    ask: &Ask<'_>,
    settings: &'a Settings,
    password: secrecy::SecretString,
    terminal: Terminal,
) -> Result<At<'a>, Failure> {
    let signed_in = sign_in(settings, password).await?;
    let criteria = Criteria {
        goal: job.change.goal(),
        most_workspaces: settings.safety.most_workspaces,
        protected: ProtectList::new(settings.safety.protect.iter().map(String::as_str)),
        actor: rails::actor(settings, &signed_in, terminal),
    };
    Ok(At {
        settings,
        terminal,
        signed_in,
        criteria,
        progress: ask.progress,
    })
}

/// Nothing was sent for anybody yet.
fn interrupted(signal: Signal, job: &Job) -> Failure {
    let command = again::command(&job.id);
    let message = format!("{}: stopped before anything was written", signal.as_str());
    Failure::new(Exit::Interrupted(signal), message).hint(format!("to continue: {command}"))
}

async fn close(
    mut ledger: Ledger,
    job: Job,
    exit: Exit,
    requests: Option<u64>,
) -> Result<Done, Failure> {
    let counts = ledger.counts(&job).await?;
    ledger.close().await?;
    let exit = match exit {
        Exit::Done => work::standing(&job, &counts),
        other => other,
    };
    Ok(Done {
        job,
        counts,
        exit,
        requests,
    })
}
