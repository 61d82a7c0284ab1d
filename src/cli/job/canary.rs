//! The canary: the first users of a job are removed and looked at again, and only if all are as wanted
//! does the job go on.

use tokio::sync::mpsc;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::answer::{Answer, answer};
use crate::cli::job::{At, command_again};
use crate::domain::{Clock, Entry, Fact, Finding, Status, UserId};
use crate::engine::Signal;
use crate::ledger::{CanaryRow, Job, Ledger, NewRun, RunEnding};
use crate::lookup::Inquirer;
use crate::scim::ScimClient;

/// A canary that is not passed yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Canary {
    /// How many users it has.
    users: u64,
    /// How many of them have still to be written.
    pub(super) to_write: u64,
}

/// The canary that has still to be passed, if one is asked for.
pub(super) async fn due(
    ledger: &mut Ledger,
    job: &Job,
    at: &At<'_>,
) -> Result<Option<Canary>, Failure> {
    let canary = at.settings.safety.canary;
    let Some(users) = canary.filter(|_| job.canary_at.is_none()) else {
        return Ok(None);
    };
    let written = ledger.canary_written(job).await?;
    Ok(Some(Canary {
        users,
        to_write: users.saturating_sub(written),
    }))
}

/// How a run ends whose canary was not passed.
pub(super) fn ending(failure: &Failure) -> RunEnding {
    match failure.exit {
        Exit::Interrupted(signal) => RunEnding::Stopped(signal.as_str()),
        Exit::SignIn => RunEnding::Stopped("sign-in lost"),
        Exit::StoppedEarly => RunEnding::Stopped("outage"),
        Exit::Settings => RunEnding::Stopped("no SCIM service"),
        _ => RunEnding::Stopped("canary"),
    }
}

/// Reads the first users again.
///
/// # Errors
/// [`Exit::Rail`] unless all of them are as wanted, and the person at a terminal, if there is one, wants to
/// go on.
pub(super) async fn judge(
    canary: Canary,
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    at: &At<'_>,
    signals: &mut mpsc::Receiver<Signal>,
) -> Result<(), Failure> {
    let rows = ledger.canary(job, canary.users).await?;
    if rows.is_empty() {
        return judge_unwritten(ledger, job, run, at).await;
    }
    let inquirer = at.inquirer();
    let mut bad = Vec::new();
    for row in &rows {
        let why = tokio::select! {
            biased;
            Some(signal) = signals.recv() => return Err(interrupted(signal, job)),
            why = look(ledger, job, run, at, &inquirer, row) => why?,
        };
        if let Some(why) = why {
            bad.push(format!("line {}: {why}", row.line));
        }
    }
    if !bad.is_empty() {
        let message = format!(
            "the canary failed: {} of the first {} users are not as wanted; {}",
            bad.len(),
            rows.len(),
            bad.join("; ")
        );
        return Err(Failure::new(Exit::Rail, message).hint(
            "no other user was written; find out why (`offboard explain USER`) before going on"
                .to_owned(),
        ));
    }
    let left = ledger.counts(job).await?.open();
    let seen = format!("the first {} users are as wanted", rows.len());
    if left > 0 && at.terminal.can_ask() {
        at.terminal.warn(&format!("canary: {seen}."));
        let question = format!("Go on with the other {left}? [y/N]");
        let typed = match answer(at.terminal, question, signals).await {
            Answer::Signal(signal) => return Err(interrupted(signal, job)),
            Answer::Typed(typed) => {
                typed.map_err(|error| Failure::new(Exit::Rail, format!("no answer: {error}")))?
            }
        };
        if !matches!(typed.to_lowercase().as_str(), "y" | "yes") {
            return Err(Failure::new(Exit::Rail, format!("{seen}, and that is all"))
                .hint("the same command goes on with the others".to_owned()));
        }
    } else {
        at.terminal.note(&format!("canary: {seen}; going on"));
    }
    ledger.pass_canary(job, run, rows.len() as u64).await?;
    Ok(())
}

/// No user was written. That is as wanted only if no user was left to write.
async fn judge_unwritten(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    at: &At<'_>,
) -> Result<(), Failure> {
    let left = ledger.counts(job).await?.open();
    if left > 0 {
        let message = format!("the canary failed: no user was written, and {left} are left");
        return Err(Failure::new(Exit::Rail, message)
            .hint("find out why (`offboard status`) before going on".to_owned()));
    }
    at.terminal
        .note("canary: no user needed a write, and none is left");
    ledger.pass_canary(job, run, 0).await?;
    Ok(())
}

fn interrupted(signal: Signal, job: &Job) -> Failure {
    let message = format!("{}: stopped after the canary", signal.as_str());
    Failure::new(Exit::Interrupted(signal), message).continued_by(command_again(&job.id))
}

/// Reads one user and keeps what was found; returns why the user is not as wanted.
async fn look(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    at: &At<'_>,
    inquirer: &Inquirer<ScimClient>,
    row: &CanaryRow,
) -> Result<Option<String>, Failure> {
    let read = at.read(inquirer, &UserId::new(&row.user_id)).await?;
    let goal = row.goal.as_ref().or(at.criteria.goal.as_ref());
    let fact = crate::plan::compare(goal, job.ids, read);
    let entry = Entry {
        line: row.line,
        at: Clock::System.now(),
        fact: fact.clone(),
    };
    ledger.note(job, run, &[entry]).await?;
    let Fact::Verified {
        finding, detail, ..
    } = fact
    else {
        return Ok(None);
    };
    let done = matches!(
        row.status,
        Status::Removed | Status::Restored | Status::Already
    );
    if !done {
        let reason = row.reason.clone().unwrap_or_default();
        return Ok(Some(
            format!("{} {reason}", row.status).trim_end().to_owned(),
        ));
    }
    Ok((finding != Finding::Confirmed)
        .then(|| format!("{}: {}", finding.as_str(), detail.unwrap_or_default())))
}
