//! The canary: the first users of a job are removed and looked at again, and only if all are as wanted
//! does the job go on.

use tokio::sync::mpsc;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::answer::{Answer, answer};
use crate::cli::job::{At, command_again};
use crate::domain::{Clock, Entry, Fact, Finding, Line, Status, UserId};
use crate::engine::Signal;
use crate::ledger::{CanaryRow, Job, Ledger, NewRun};
use crate::lookup::Inquirer;
use crate::scim::ScimClient;

/// The first users of a job.
#[derive(Debug)]
pub(super) struct Canary {
    /// The line of the last of them.
    pub(super) through: Line,
}

/// The canary that has still to be seen, if one is asked for.
pub(super) async fn due(
    ledger: &mut Ledger,
    job: &Job,
    at: &At<'_>,
) -> Result<Option<Canary>, Failure> {
    let Some(users) = at
        .settings
        .safety
        .canary
        .filter(|_| job.canary_at.is_none())
    else {
        return Ok(None);
    };
    let through = ledger.canary_line(job, users).await?;
    Ok(through.map(|through| Canary { through }))
}

/// Looks at the first users again.
///
/// # Errors
/// [`Exit::Rail`] unless all of them are as wanted, and somebody at a terminal wants to go on.
pub(super) async fn judge(
    canary: &Canary,
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    at: &At<'_>,
    signals: &mut mpsc::Receiver<Signal>,
) -> Result<(), Failure> {
    let rows = ledger.canary(job, canary.through).await?;
    let inquirer = at.inquirer();
    let mut bad = Vec::new();
    for row in &rows {
        if let Some(why) = look(ledger, job, run, at, &inquirer, row).await? {
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
            "nobody else was written; find out why (`offboard explain USER`) before going on"
                .to_owned(),
        ));
    }
    let left = ledger.counts(job).await?.open();
    let seen = format!("the first {} users are as wanted", rows.len());
    if left > 0 && at.terminal.can_ask() {
        at.terminal.warn(&format!("canary: {seen}."));
        let question = format!("Go on with the other {left}? [y/N]");
        let typed = match answer(at.terminal, question, signals).await {
            Answer::Signal(signal) => {
                let message = format!("{}: stopped after the canary", signal.as_str());
                return Err(Failure::new(Exit::Interrupted(signal), message)
                    .continued_by(command_again(&job.id)));
            }
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

/// Reads one user and keeps what was found; returns why the user is not as wanted.
async fn look(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    at: &At<'_>,
    inquirer: &Inquirer<ScimClient>,
    row: &CanaryRow,
) -> Result<Option<String>, Failure> {
    if row.status == Status::NotFound {
        return Ok(None);
    }
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
    if !matches!(row.status, Status::Removed | Status::Restored) {
        let reason = row.reason.clone().unwrap_or_default();
        return Ok(Some(format!("{} {reason}", row.status)));
    }
    Ok((finding != Finding::Confirmed).then(|| detail.unwrap_or_default()))
}
