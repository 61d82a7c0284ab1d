//! A run from start to end: sign in, plan, pass the rails, confirm, write the canary, write the other users, and
//! close the run.

use tracing::Instrument;

use crate::domain::{Finding, Reason, one_or_many};
use crate::job::gate::{
    check_grounds, check_rails, confirm, due_canary, judge_canary, report_self,
};
use crate::job::plan_and_scope::{
    CommandScope, find_scope, plan_anew, planned, prepare, warn_of_unseen_workspaces,
};
use crate::job::site::{Site, check_tenant};
use crate::job::work::engine_run::{RunSite, ending_at_the_canary, run_ending, run_engine};
use crate::job::work::result::{JobEnd, JobResult, tolerated};
use crate::job::{JobError, RunOptions, Setup, Signals};
use crate::ledger::{Job, Ledger, RunKind};
use crate::report::undone_in_words;

/// Which plan a job is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanRule {
    /// One to work on: its own, if that is fresh, or one that is made now.
    Fresh,
    /// One that is made now, whatever the job has.
    Anew,
}

/// A job that has a plan, and where it is worked on.
pub(super) struct Ready<'a> {
    pub(super) site: Site<'a>,
    pub(super) job: Job,
    pub(super) scope: CommandScope,
    pub(super) signals: Signals,
}

/// Does what is left of a job that is in the ledger: plans, confirms and writes, and closes the ledger in a
/// consistent state.
///
/// # Errors
/// The job cannot begin, or cannot go on. How users ended is in the result.
pub async fn run(
    setup: &Setup<'_>,
    ledger: Ledger,
    job: Job,
    options: &RunOptions,
) -> Result<JobResult, JobError> {
    let span = tracing::info_span!("job", job = %job.id, run = tracing::field::Empty);
    finish(setup, ledger, job, options).instrument(span).await
}

async fn finish(
    setup: &Setup<'_>,
    mut ledger: Ledger,
    job: Job,
    options: &RunOptions,
) -> Result<JobResult, JobError> {
    if !is_any_left(&mut ledger, &job, options).await? {
        setup.name_job(&job);
        check_tenant(setup, &mut ledger, &job).await?;
        return idle(ledger, job, setup, options).await;
    }
    let rule = PlanRule::Fresh;
    let ready = ready(setup, &mut ledger, job, rule, options).await?;
    begin(ledger, ready, options).await
}

/// Tries the failed users of a job again: those that failed for one of these reasons, or all if the list is empty.
///
/// # Errors
/// As for [`run`].
pub(crate) async fn retry(
    setup: &Setup<'_>,
    mut ledger: Ledger,
    job: Job,
    reasons: Vec<Reason>,
    options: RunOptions,
) -> Result<JobResult, JobError> {
    let ambiguous = ledger.ambiguous(&job).await?;
    if ambiguous > 0 {
        setup.voice.warn(&format!(
            "{ambiguous} failed lines fit several users of the provider: they are not tried again; give \
             their ids in the roster, and start a new job with `offboard run --new`"
        ));
    }
    let options = RunOptions {
        no_lookup: false,
        retry: Some(reasons),
        ..options
    };
    run(setup, ledger, job, &options).await
}

/// Signs in, makes sure that the job has a plan, and finds the users that the command will write. From then on
/// signals no longer end the process: the caller must take them from [`Ready`].
pub(super) async fn ready<'a>(
    setup: &'a Setup<'a>,
    ledger: &mut Ledger,
    job: Job,
    rule: PlanRule,
    options: &RunOptions,
) -> Result<Ready<'a>, JobError> {
    check_grounds(&setup.settings.grounds)?;
    // Asked for before signals are listened to: Ctrl-C at a prompt simply ends the process.
    let secret = setup.ask_secret()?;
    let mut signals = setup.voice.listen().map_err(JobError::Signals)?;
    // A signal may come as soon as this line is printed, so listening begins before.
    setup.name_job(&job);
    let id = job.id.clone();
    let ready = async {
        let site = Site::enter(setup, ledger, &job, secret).await?;
        // Another process may have worked on it until the lease was free.
        let job = ledger.reload(&job).await?;
        site.resume(ledger, &job).await?;
        report_self(&site).await?;
        let job = match rule {
            PlanRule::Fresh => planned(ledger, job, &site, options.no_lookup).await?,
            PlanRule::Anew => plan_anew(ledger, job, &site).await?,
        };
        let (job, scope) = find_scope(ledger, job, &site, options.retry.as_deref()).await?;
        Ok((site, job, scope))
    };
    let ready = tokio::select! {
        ready = ready => ready,
        signal = signals.next() => {
            let so = "stopped before anything was written";
            Err(JobError::Interrupted { signal, so })
        }
    };
    let (site, job, scope) = ready.map_err(|error| error.resumable(&id))?;
    Ok(Ready {
        site,
        job,
        scope,
        signals,
    })
}

/// Whether there is something to do for any user.
async fn is_any_left(
    ledger: &mut Ledger,
    job: &Job,
    options: &RunOptions,
) -> Result<bool, JobError> {
    let is_open = ledger.is_open(job).await?;
    Ok(match &options.retry {
        Some(reasons) if !is_open => ledger.retriable(job, reasons).await? > 0,
        _ => is_open,
    })
}

/// Passes the rails, and writes.
async fn begin(
    mut ledger: Ledger,
    ready: Ready<'_>,
    options: &RunOptions,
) -> Result<JobResult, JobError> {
    let Ready {
        site,
        job,
        scope,
        mut signals,
    } = ready;
    let (site, voice) = (&site, &site.setup.voice);
    if !ledger.is_open(&job).await? && scope.reopen.is_none() {
        return idle(ledger, job, site.setup, options).await;
    }
    if let Some(undone) = ledger.undone(&job).await?
        && undone.given_back > 0
    {
        let words = undone_in_words(&undone);
        voice.warn(&format!(
            "{words}; this command continues with the users that are left"
        ));
    }
    // Whoever ordered a job has passed the rails with the number that is confirmed here.
    if site.setup.ordered_by.is_none() {
        check_rails(&mut ledger, &job, &scope, site).await?;
    }
    let account = &site.directory.account;
    confirm(
        &mut ledger,
        &job,
        &scope,
        account,
        options.confirm,
        voice,
        &mut signals,
    )
    .await?;
    if site.setup.ordered_by.is_none() && ledger.is_left_to_workers(&job).await? {
        let why = format!("{} runs it at a terminal", site.mandate.operator);
        ledger.cancel_order(&job, &why).await?;
        voice.note("the job was left to the workers: this run takes it over, and they leave it");
    }
    let run = ledger.start_run(&job, RunKind::Run, &site.mandate).await?;
    tracing::Span::current().record("run", tracing::field::display(&run.id));
    let job = prepare(&mut ledger, job, &run, &scope, site).await?;
    let mut progress = voice.run_progress();
    let mut with = RunSite {
        site,
        signals: &mut signals,
        progress: progress.as_mut(),
    };
    let canary = due_canary(&mut ledger, &job, site.settings().safety.canary).await?;
    let at_most = canary.map(|canary| canary.to_write);
    let (mut ledger, mut ending) = run_engine(ledger, &job, &run, at_most, &mut with).await?;
    let mut requests = ending.snapshot.requests;
    if let Some(canary) = canary
        && ending.stopped.is_none()
    {
        let judged = judge_canary(canary, &mut ledger, &job, &run, site, with.signals).await;
        if let Err(error) = judged {
            let ending = ending_at_the_canary(&error);
            ledger.end_run(&run, ending, site.tally()).await?;
            ledger.close().await?;
            return Err(error);
        }
        (ledger, ending) = run_engine(ledger, &job, &run, None, &mut with).await?;
        requests += ending.snapshot.requests;
    }
    let protected = ledger.protected_in(&run).await?;
    if protected > 0 {
        let users = one_or_many(protected, "user is", "users are");
        voice.warn(&format!(
            "{protected} {users} protected, though the plan would have written them"
        ));
    }
    let stopped = ending.stopped.as_ref().map(ToString::to_string);
    if let Some(why) = stopped.as_ref().filter(|_| !progress.is_seen()) {
        voice.warn(&format!("stopped early: {why}"));
    }
    let how = run_ending(ending.stopped.as_ref());
    let tally = site.tally();
    if scope.is_retry && ending.stopped.is_none() {
        ledger.end_retry(&job).await?;
    }
    ledger
        .end_run_because(&run, how, stopped.as_deref(), tally)
        .await?;
    if ending.stopped.is_none() {
        ledger.check_rest_of_plan().await?;
    }
    let over = Over {
        end: JobEnd::of(&ending),
        requests: Some(requests),
        stopped,
    };
    close(ledger, job, over, site.setup, options).await
}

/// How the work on a job came to its end.
struct Over {
    end: JobEnd,
    requests: Option<u64>,
    stopped: Option<String>,
}

/// Ends a command for which there was nothing to do.
async fn idle(
    ledger: Ledger,
    job: Job,
    setup: &Setup<'_>,
    options: &RunOptions,
) -> Result<JobResult, JobError> {
    setup.voice.note("nothing is left to do");
    let over = Over {
        end: JobEnd::Complete,
        requests: None,
        stopped: None,
    };
    close(ledger, job, over, setup, options).await
}

/// Counts the outcomes, warns of what the counts do not show, and closes the ledger.
async fn close(
    mut ledger: Ledger,
    job: Job,
    over: Over,
    setup: &Setup<'_>,
    options: &RunOptions,
) -> Result<JobResult, JobError> {
    let voice = setup.voice.as_ref();
    let counts = ledger.counts(&job).await?;
    let is_unseen = warn_of_unseen_workspaces(&mut ledger, &job, voice).await?;
    let (head, undone) = (ledger.head(&job).await?, ledger.undone(&job).await?);
    let drift = ledger.drift(&job).await?;
    let drifted = drift.get(&Finding::Drifted).copied().unwrap_or(0);
    if drifted > 0 {
        let users = one_or_many(drifted, "user", "users");
        voice.warn(&format!(
            "a later look found {drifted} {users} in another state than the wanted one: `offboard status` says which"
        ));
    }
    let tolerated = tolerated(&mut ledger, &job, &counts, &options.tolerate).await?;
    ledger.close().await?;
    let end = match over.end {
        JobEnd::Complete => match JobEnd::of_counts(&job, &counts, undone.as_ref(), tolerated) {
            JobEnd::Complete if is_unseen || drifted > 0 => JobEnd::Incomplete,
            counted => counted,
        },
        other => other,
    };
    Ok(JobResult {
        job,
        counts,
        head,
        end,
        requests: over.requests,
        stopped: over.stopped,
        undone,
        tolerated,
    })
}
