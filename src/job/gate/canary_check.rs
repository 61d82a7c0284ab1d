//! The canary: the first users of a job are written and read again, and the job goes on only if all are in the
//! wanted state.

use std::sync::Arc;

use crate::domain::{Clock, Entry, Fact, Finding, Status, UserId};
use crate::engine::Signal;
use crate::job::site::Site;
use crate::job::voice::{Answered, ask};
use crate::job::{JobError, Signals, Voice};
use crate::ledger::{Job, Ledger, NewRun, UserRow};
use crate::lookup::Inquirer;
use crate::scim::ScimClient;

/// A canary that is not passed yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Canary {
    /// How many users it has.
    users: u64,
    /// How many of them have still to be written.
    pub(crate) to_write: u64,
}

/// Why the canary does not let a job go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanaryError {
    /// Some of the first users are in another state than the wanted one.
    #[error(
        "the canary failed: {} of the first {users} users are not as wanted; {}",
        .bad.len(),
        .bad.join("; ")
    )]
    NotAsWanted {
        /// How many users the canary has.
        users: usize,
        /// Each of these users, with what is wrong.
        bad: Vec<String>,
    },
    /// No user was written, though some are left: the canary shows nothing.
    #[error("the canary failed: no user was written, and {left} are left")]
    Unwritten {
        /// Users who are left.
        left: u64,
    },
    /// The person at the terminal does not want to go on.
    #[error("{seen}, and that is all")]
    Declined {
        /// What the canary showed.
        seen: String,
    },
    /// The question could not be asked.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl CanaryError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotAsWanted { .. } => {
                "no other user was written; find out why (`offboard explain USER`) before going on"
            }
            Self::Unwritten { .. } => "find out why (`offboard status`) before going on",
            Self::Declined { .. } => "the same command goes on with the others",
            Self::NoAnswer(_) => return None,
        })
    }
}

/// The canary that has still to be passed, if one is asked for.
pub(crate) async fn due_canary(
    ledger: &mut Ledger,
    job: &Job,
    asked: Option<u64>,
) -> Result<Option<Canary>, JobError> {
    let Some(users) = asked.filter(|_| job.canary_at.is_none()) else {
        return Ok(None);
    };
    let written = ledger.canary_written(job).await?;
    Ok(Some(Canary {
        users,
        to_write: users.saturating_sub(written),
    }))
}

/// Reads the first users again, and records that the canary is passed.
///
/// # Errors
/// [`CanaryError`] unless all of them are as wanted, and the person at the terminal, if there is one, wants to go
/// on; also a signal, and whatever ends a look-up.
pub(crate) async fn judge_canary(
    canary: Canary,
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    site: &Site<'_>,
    signals: &mut Signals,
) -> Result<(), JobError> {
    let rows = ledger.canary(job, canary.users).await?;
    let left = ledger.work_left(job).await?.open;
    if rows.is_empty() {
        // That is as wanted only if no user is left to be written.
        if left > 0 {
            return Err(CanaryError::Unwritten { left }.into());
        }
        site.voice()
            .note("canary: no user needed a write, and none is left");
        ledger.pass_canary(job, run, 0).await?;
        return Ok(());
    }
    let inquirer = site.inquirer();
    let mut bad = Vec::new();
    for row in &rows {
        let why = tokio::select! {
            biased;
            signal = signals.next() => return Err(interrupted(signal, job)),
            why = fault(ledger, job, run, site, &inquirer, row) => why?,
        };
        if let Some(why) = why {
            bad.push(format!("line {}: {why}", row.line));
        }
    }
    let users = rows.len();
    if !bad.is_empty() {
        return Err(CanaryError::NotAsWanted { users, bad }.into());
    }
    let seen = format!("the first {users} users are as wanted");
    match go_on(&seen, left, &site.setup.voice, signals).await {
        Answered::Signal(signal) => return Err(interrupted(signal, job)),
        Answered::Given(Err(error)) => return Err(CanaryError::NoAnswer(error.to_string()).into()),
        Answered::Given(Ok(false)) => return Err(CanaryError::Declined { seen }.into()),
        Answered::Given(Ok(true)) => {}
    }
    ledger.pass_canary(job, run, users as u64).await?;
    Ok(())
}

/// Whether the job goes on with the other users. Without a person, or without other users, it does.
async fn go_on(
    seen: &str,
    left: u64,
    voice: &Arc<dyn Voice>,
    signals: &mut Signals,
) -> Answered<bool> {
    if left == 0 || !voice.can_ask() {
        voice.note(&format!("canary: {seen}; going on"));
        return Answered::Given(Ok(true));
    }
    voice.warn(&format!("canary: {seen}."));
    let question = format!("Go on with the other {left}? [y/N]");
    ask(voice, signals, move |voice| voice.ask_yes(&question)).await
}

fn interrupted(signal: Signal, job: &Job) -> JobError {
    let so = "stopped after the canary";
    JobError::Interrupted { signal, so }.resumable(&job.id)
}

/// Reads one user and records what was found; returns why the user is not as wanted, if that is so.
async fn fault(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    site: &Site<'_>,
    inquirer: &Inquirer<ScimClient>,
    row: &UserRow,
) -> Result<Option<String>, JobError> {
    let read = site
        .read(
            inquirer,
            &UserId::new(row.user_id.as_deref().unwrap_or_default()),
        )
        .await?;
    let goal = row.goal.as_ref().or(site.criteria.goal.as_ref());
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
