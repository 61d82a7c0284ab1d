//! What the verbs that work on a job share: from a command to a job that is planned, passed by the
//! rails, confirmed, and seen to its end.

mod again;
mod answer;
mod canary;
mod change;
mod confirm;
mod find;
mod mandate;
mod plan;
mod rails;
mod scope;
mod session;
mod stale;
mod tenant;
mod work;

pub(super) use again::{command as command_again, command_shown, next as command_next, quote};
pub(super) use find::{find_job, pick_job};
pub(super) use plan::{how, kept, unseen};
pub(super) use session::{SignedIn, known_secret, refused, secret_source, sign_in, sign_out};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::signals::{Signals, StatusRequests};
use crate::cli::terminal::Terminal;
use crate::domain::{Change, Door, Finding, ProtectList, Reason};
use crate::engine::Signal;
use crate::ledger::{Counts, Head, Job, Ledger, Mandate, RunKind, RunTally, Undone};
use crate::plan::Criteria;
use crate::progress::{Progress, ProgressMode, why};
use crate::report::undone_in_words;
use crate::settings::{SecretSource, Settings};
use confirm::confirm;
use scope::Scope;
use tenant::is_at_home;
use work::{With, work};

/// What a command asks for, apart from settings.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    /// The roster file, or a job.
    pub(super) subject: &'a str,
    /// What is asked for every user; a job knows it by itself.
    pub(super) change: Option<Change>,
    /// Whether a new job is wanted, though the same one is there.
    pub(super) new: bool,
    /// Whether one bad line is too many.
    pub(super) strict: bool,
}

/// How a job is worked on.
#[derive(Debug, Clone, Default)]
pub(super) struct Manner {
    /// The number of users, confirmed.
    pub(super) confirm: Option<u64>,
    /// Whether users are looked up one by one, each right before being written.
    pub(super) no_lookup: bool,
    /// Who of the failed is tried again: for one of these reasons, or for any if there are none.
    pub(super) retry: Option<Vec<Reason>>,
    /// How progress is shown.
    pub(super) progress: ProgressMode,
}

/// A job after a run.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) counts: Counts,
    /// Where the chain of its events ends.
    pub(super) head: Option<Head>,
    pub(super) exit: Exit,
    /// Requests sent for users, if there was anything to do.
    pub(super) requests: Option<u64>,
    /// Why the run stopped early, in words, if it did.
    pub(super) stopped: Option<String>,
    /// What undo jobs have given back of what this job took.
    pub(super) undone: Option<Undone>,
}

/// Where a command works, once it has signed in.
pub(super) struct At<'a> {
    pub(super) settings: &'a Settings,
    pub(super) terminal: Terminal,
    pub(super) signed_in: SignedIn,
    /// Who works, and why.
    pub(super) mandate: Mandate,
    pub(super) criteria: Criteria,
    /// The number of users, confirmed.
    pub(super) confirmed: Option<u64>,
    pub(super) progress: ProgressMode,
}

impl At<'_> {
    /// What was sent since the last run of this process ended, for the end of this one.
    pub(super) fn tally(&self) -> RunTally {
        let usage = self.signed_in.pace.take_usage();
        RunTally {
            requests: usage.requests,
            throttled: usage.throttled,
        }
    }
}

/// Which plan a job is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planning {
    /// One that may be worked on: its own, if that is fresh, or one that is made now.
    ToWork,
    /// One that is made now, whatever it has.
    Anew,
}

/// Does the rest of a job that is in the ledger: plans, confirms, works, and leaves a consistent
/// ledger.
pub(super) async fn finish(
    mut ledger: Ledger,
    job: Job,
    manner: &Manner,
    settings: &Settings,
    secret: SecretSource,
    terminal: Terminal,
) -> Result<Done, Failure> {
    // From the very beginning: by itself this signal would end the process.
    let (_asking, status_asked) = StatusRequests::listen()?;
    if left(&mut ledger, &job, manner).await? == 0 {
        tell_job(&job, settings, terminal);
        is_at_home(&mut ledger, &job, manner, settings, secret, terminal).await?;
        terminal.note("nothing is left to do");
        return close(ledger, job, Over::Idle, terminal).await;
    }
    let (at, job, scope, mut signals) = ready(
        &mut ledger,
        job,
        Planning::ToWork,
        manner,
        settings,
        secret,
        terminal,
    )
    .await?;
    begin(ledger, job, &scope, &at, &mut signals.1, status_asked).await
}

/// Says which job it is, and where.
pub(super) fn tell_job(job: &Job, settings: &Settings, terminal: Terminal) {
    let ledger = settings.ledger.display();
    terminal.note(&format!("job {} in ledger {ledger}", job.id));
}

/// Signs in and makes sure that the job has a plan. From then on signals no longer end the process: they come
/// to the returned receiver, and the caller must read them.
pub(super) async fn ready<'a>(
    ledger: &mut Ledger,
    job: Job,
    planning: Planning,
    manner: &Manner,
    settings: &'a Settings,
    secret: SecretSource,
    terminal: Terminal,
) -> Result<(At<'a>, Job, Scope, (Signals, mpsc::Receiver<Signal>)), Failure> {
    mandate::check(&settings.grounds)?;
    // Asked for before signals are listened to: Ctrl-C at a prompt simply ends the process.
    let secret = known_secret(secret, &settings.connection, terminal)?;
    let (listening, mut signals) = Signals::listen()?;
    // The user may send a signal as soon as this line is printed, so the signal handlers are installed first.
    tell_job(&job, settings, terminal);
    let ready = async {
        let at = enter(&job, manner, settings, secret, terminal).await?;
        at.resume(ledger, &job).await?;
        rails::tell_self(&at).await?;
        let job = match planning {
            Planning::ToWork => plan::planned(ledger, job.clone(), &at, manner.no_lookup).await?,
            Planning::Anew => plan::anew(ledger, job.clone(), &at).await?,
        };
        let (job, scope) = scope::scope(ledger, job, &at, manner.retry.as_deref()).await?;
        Ok::<_, Failure>((at, job, scope))
    };
    let ready = tokio::select! {
        ready = ready => ready,
        Some(signal) = signals.recv() => Err(interrupted(signal)),
    };
    let ready = ready.map_err(|failure| failure.continued_by(command_again(&job.id)));
    let (at, job, scope) = ready?;
    Ok((at, job, scope, (listening, signals)))
}

/// Users for whom there is something to do.
async fn left(ledger: &mut Ledger, job: &Job, manner: &Manner) -> Result<u64, Failure> {
    let open = ledger.counts(job).await?.open();
    Ok(match &manner.retry {
        Some(reasons) => open + ledger.retriable(job, reasons).await?,
        None => open,
    })
}

/// Passes the rails, and works.
async fn begin(
    mut ledger: Ledger,
    job: Job,
    scope: &Scope,
    at: &At<'_>,
    signals: &mut mpsc::Receiver<Signal>,
    status_asked: Arc<AtomicBool>,
) -> Result<Done, Failure> {
    if ledger.counts(&job).await?.open() == 0 && scope.reopen.is_none() {
        at.terminal.note("nothing is left to do");
        return close(ledger, job, Over::Idle, at.terminal).await;
    }
    if let Some(undone) = ledger.undone(&job).await?
        && undone.given_back > 0
    {
        let words = undone_in_words(&undone);
        at.terminal.warn(&format!(
            "{words}; this command continues with the users that are left"
        ));
    }
    rails::check(&mut ledger, &job, scope, at).await?;
    confirm(&job, scope, at, signals).await?;
    let run = ledger.start_run(&job, RunKind::Run, &at.mandate).await?;
    let job = scope::prepare(&mut ledger, job, &run, scope, at).await?;
    let mut progress = Progress::new(at.progress).asked_by(status_asked);
    let mut with = With {
        at,
        signals,
        progress: &mut progress,
    };
    let canary = canary::due(&mut ledger, &job, at).await?;
    let at_most = canary.map(|canary| canary.to_write);
    let (mut ledger, mut ending) = work(ledger, &job, &run, at_most, &mut with).await?;
    let mut requests = ending.snapshot.requests;
    if let Some(canary) = canary
        && ending.stopped.is_none()
    {
        let judged = canary::judge(canary, &mut ledger, &job, &run, at, with.signals).await;
        if let Err(failure) = judged {
            let ending = canary::ending(&failure);
            ledger.end_run(&run, ending, at.tally()).await?;
            ledger.close().await?;
            return Err(failure);
        }
        (ledger, ending) = work(ledger, &job, &run, None, &mut with).await?;
        requests += ending.snapshot.requests;
    }
    let stopped = ending.stopped.as_ref().map(why);
    if let Some(why) = stopped.as_ref().filter(|_| !progress.is_seen()) {
        at.terminal.warn(&format!("stopped early: {why}"));
    }
    let (how, tally) = (work::run_ending(&ending), at.tally());
    if scope.is_retry && ending.stopped.is_none() {
        ledger.end_retry(&job).await?;
    }
    ledger
        .end_run_because(&run, how, stopped.as_deref(), tally)
        .await?;
    let over = Over::Worked {
        exit: work::exit(&ending),
        requests,
        stopped,
    };
    close(ledger, job, over, at.terminal).await
}

/// Signs in, and finds out who is never to be touched.
pub(super) async fn enter<'a>(
    job: &Job,
    manner: &Manner,
    settings: &'a Settings,
    secret: Option<SecretString>,
    terminal: Terminal,
) -> Result<At<'a>, Failure> {
    let signed_in = sign_in(settings, secret, terminal).await?;
    let actor = rails::actor(settings, &signed_in, terminal);
    let mut criteria = criteria(job, settings);
    criteria.door.actor = actor;
    Ok(At {
        criteria,
        settings,
        terminal,
        mandate: mandate::mandate(settings, &signed_in),
        signed_in,
        confirmed: manner.confirm,
        progress: manner.progress,
    })
}

/// What decides about the users of a job, as far as it is known before signing in.
pub(super) fn criteria(job: &Job, settings: &Settings) -> Criteria {
    Criteria {
        goal: job.change.goal(),
        means: settings.means(),
        door: Door {
            ids: job.ids,
            protected: ProtectList::new(settings.safety.protect.iter().map(String::as_str)),
            allow_mismatch: settings.safety.allow_mismatch,
            ..Door::default()
        },
    }
}

/// The failure for a signal that arrived before the job wrote to any user.
fn interrupted(signal: Signal) -> Failure {
    let message = format!("{}: stopped before anything was written", signal.as_str());
    Failure::new(Exit::Interrupted(signal), message)
}

/// How the work on a job came to its end.
enum Over {
    /// There was nothing to do.
    Idle,
    /// A run was made.
    Worked {
        /// What its ending means.
        exit: Exit,
        /// Requests sent for users.
        requests: u64,
        /// Why it stopped early, in words, if it did.
        stopped: Option<String>,
    },
}

async fn close(
    mut ledger: Ledger,
    job: Job,
    over: Over,
    terminal: Terminal,
) -> Result<Done, Failure> {
    let counts = ledger.counts(&job).await?;
    let is_unseen = plan::tell_unseen(&mut ledger, &job, terminal).await?;
    let (head, undone) = (ledger.head(&job).await?, ledger.undone(&job).await?);
    let drift = ledger.reader().await?.drift(&job).await?;
    let drifted = drift.get(&Finding::Drifted).copied().unwrap_or(0);
    if drifted > 0 {
        let users = if drifted == 1 { "user" } else { "users" };
        terminal.warn(&format!(
            "a later look found {drifted} {users} in another state than the wanted one: `offboard status` says which"
        ));
    }
    ledger.close().await?;
    let (exit, requests, stopped) = match over {
        Over::Idle => (Exit::Done, None, None),
        Over::Worked {
            exit,
            requests,
            stopped,
        } => (exit, Some(requests), stopped),
    };
    let exit = match exit {
        Exit::Done => match work::standing(&job, &counts, undone.as_ref()) {
            Exit::Done if is_unseen || drifted > 0 => Exit::Trouble,
            standing => standing,
        },
        other => other,
    };
    Ok(Done {
        job,
        counts,
        head,
        exit,
        requests,
        stopped,
        undone,
    })
}
