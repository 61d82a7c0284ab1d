//! Finds the job of a roster, a change and a target, or loads the roster as a new job.

use std::path::Path;

use crate::domain::{Change, IdRule, UserId, and_more, one_or_many};
use crate::ledger::{
    Difference, Job, Ledger, LedgerError, Names, NewJob, NewLine, Reader, Unusable,
};
use crate::plan::new_job::job_identity::{differences, job_key};
use crate::roster::{LineCheck, Roster, RosterError, RosterOptions, RosterSummary};

/// What a command asks for: a roster, a change and a target.
#[derive(Debug)]
pub(crate) struct Intake<'a> {
    /// The roster file.
    pub roster: &'a Path,
    /// How the roster is to be read.
    pub options: &'a RosterOptions,
    /// The summary from when the roster was checked. The ledger is opened only for a usable roster.
    pub summary: &'a RosterSummary,
    /// The change to make to each user.
    pub change: &'a Change,
    /// The SCIM base URL.
    pub target: &'a str,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// How the roster is read, and with which profile. A job that was begun is not continued with another
    /// reading.
    pub reading: serde_json::Value,
    /// Whether to load a new job, even if the same one exists.
    pub new: bool,
}

/// Why a roster cannot become a job.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The roster cannot be read.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The roster has changed since it was checked.
    #[error("the roster changed while it was read")]
    Moving,
    /// An unfinished job was loaded from this file when it had other content.
    #[error("the roster has changed since unfinished job {} began: {}", .job.id, describe(.difference))]
    Changed {
        /// The unfinished job.
        job: Box<Job>,
        /// What has changed.
        difference: Difference,
    },
    /// An unfinished job reads the same roster in another way, and may mean other users.
    #[error("unfinished job {} reads this roster in another way: {differences}", .job.id)]
    Reading {
        /// The unfinished job.
        job: Box<Job>,
        /// The differences, each with both values.
        differences: String,
    },
    /// The ledger fails.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl IntakeError {
    /// What the administrator can do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Roster(error) => error.hint(),
            Self::Moving => Some("wait until the file is complete, then try again".to_owned()),
            Self::Changed { job, .. } => Some(format!(
                "finish the old job with `offboard run {}`, or start a new one with `--new`",
                job.id
            )),
            Self::Reading { job, .. } => Some(format!(
                "finish the old job with `offboard run {}` and the settings with which it was begun, or \
                 start a new one with `--new`",
                job.id
            )),
            Self::Ledger(error) => error.hint(),
        }
    }
}

/// What a roster, a change and a target say of the job that they mean.
#[derive(Debug)]
pub(crate) struct JobIdentity<'a> {
    /// The roster file.
    pub roster: &'a Path,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: &'a str,
    /// The change to make to each user.
    pub change: &'a Change,
    /// The SCIM base URL.
    pub target: &'a str,
    /// How the roster is read, and with which profile.
    pub reading: &'a serde_json::Value,
}

impl JobIdentity<'_> {
    fn key(&self) -> String {
        job_key(self.target, self.change, self.digest)
    }

    /// Links are followed, so that the same file is recognised under each of its names.
    fn path(&self) -> String {
        dunce::canonicalize(self.roster)
            .or_else(|_| std::path::absolute(self.roster))
            .unwrap_or_else(|_| self.roster.to_owned())
            .display()
            .to_string()
    }
}

/// Whether a job of this identity may be in the ledger. Nothing is changed for the answer.
pub(crate) async fn may_be_loaded(
    reader: &mut Reader,
    identity: &JobIdentity<'_>,
) -> Result<bool, LedgerError> {
    reader.has_key(&identity.key()).await
}

/// The job of this identity, if the ledger has it and nothing speaks against going on with it. If this finds none,
/// [`intake`] says why, or loads the roster.
pub(crate) async fn loaded(
    ledger: &mut Ledger,
    identity: &JobIdentity<'_>,
) -> Result<Option<Job>, LedgerError> {
    let same = ledger.find_jobs(&identity.key()).await?;
    let is_same = |job: &Job| differences(job.reading.as_ref(), identity.reading).is_empty();
    let Some(known) = same.into_iter().find(is_same) else {
        return Ok(None);
    };
    if ledger.was_run(&known).await? {
        return Ok(Some(known));
    }
    let (path, change) = (identity.path(), identity.change);
    let outdated = ledger.find_outdated(&path, identity.digest, change, identity.target);
    Ok(outdated.await?.is_none().then_some(known))
}

/// Finds the job of this roster, change and target, or loads it. Afterwards the ledger holds either
/// the whole roster or nothing of it.
pub(crate) async fn intake(ledger: &mut Ledger, ask: Intake<'_>) -> Result<Job, IntakeError> {
    let identity = JobIdentity {
        roster: ask.roster,
        digest: &ask.summary.digest,
        change: ask.change,
        target: ask.target,
        reading: &ask.reading,
    };
    let (key, path) = (identity.key(), identity.path());
    if !ask.new {
        let same = ledger.find_jobs(&key).await?;
        let differs = |job: &&Job| !differences(job.reading.as_ref(), &ask.reading).is_empty();
        let known = same.iter().find(|job| !differs(job)).cloned();
        if known.is_none()
            && let Some(other) = same.first()
            && ledger.was_run(other).await?
            && ledger.is_open(other).await?
        {
            return Err(IntakeError::Reading {
                differences: differences(other.reading.as_ref(), &ask.reading).join("; "),
                job: Box::new(other.clone()),
            });
        }
        // A job that was begun was confirmed. A job that was only loaded, such as by `--new` without a
        // confirmation, does not mean that the
        // administrator has given up the unfinished one.
        if let Some(job) = &known
            && ledger.was_run(job).await?
        {
            return Ok(job.clone());
        }
        if let Some(job) = ledger
            .find_outdated(&path, &ask.summary.digest, ask.change, ask.target)
            .await?
        {
            let difference = compare(ledger, &ask, &job).await?;
            return Err(IntakeError::Changed {
                job: Box::new(job),
                difference,
            });
        }
        if let Some(job) = known {
            return Ok(job);
        }
    }
    let mut roster = open(&ask)?;
    let mut loading = ledger.load(&new_job(&ask, key, path, &roster)).await?;
    for line in roster.by_ref() {
        loading.push(new_line(line?)).await?;
    }
    if roster.finish()?.sha256 != ask.summary.digest {
        return Err(IntakeError::Moving);
    }
    let job = loading.commit().await?.job;
    ledger.checkpoint().await?;
    Ok(job)
}

async fn compare(
    ledger: &mut Ledger,
    ask: &Intake<'_>,
    older: &Job,
) -> Result<Difference, IntakeError> {
    let mut comparing = ledger.compare(older).await?;
    for line in open(ask)? {
        let line = new_line(line?);
        comparing.push(line.line, line.names).await?;
    }
    Ok(comparing.finish().await?)
}

fn open(ask: &Intake<'_>) -> Result<Roster, IntakeError> {
    Ok(Roster::open(ask.roster, ask.options)?)
}

fn new_job(ask: &Intake<'_>, key: String, roster_path: String, roster: &Roster) -> NewJob {
    NewJob {
        key,
        target: ask.target.to_owned(),
        change: ask.change.clone(),
        roster_path,
        roster_digest: ask.summary.digest.clone(),
        roster_header: roster.header().to_vec(),
        ids: ask.ids,
        reading: ask.reading.clone(),
        parent: None,
    }
}

fn new_line(line: crate::roster::Record) -> NewLine {
    let (names, user_name) = match line.check {
        LineCheck::Accepted { user_id, user_name } => (Names::Id(UserId::new(user_id)), user_name),
        LineCheck::AcceptedByName { user_name } => {
            (Names::UserName(user_name.clone()), Some(user_name))
        }
        LineCheck::Rejected { reason } => {
            let unusable = Unusable {
                reason: reason.code(),
                detail: reason.to_string(),
            };
            (Names::NoUser(unusable), None)
        }
    };
    NewLine {
        line: line.number,
        names,
        user_name,
        goal: None,
        cells: line.cells,
    }
}

fn describe(difference: &Difference) -> String {
    let side = |count: u64, what: &str, sample: &[String]| match count {
        0 => format!("no users {what}"),
        count => {
            let more = and_more(count, sample.len()).map(|more| format!(" {more}"));
            let users = one_or_many(count, "user", "users");
            format!(
                "{count} {users} {what} ({}{})",
                sample.join(", "),
                more.unwrap_or_default()
            )
        }
    };
    if difference.added + difference.removed == 0 {
        let others = "it names the same users, and differs in order, in other cells or in lines that \
                      cannot be used";
        return others.to_owned();
    }
    format!(
        "{}, {}",
        side(difference.added, "added", &difference.added_sample),
        side(difference.removed, "removed", &difference.removed_sample)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_is_loaded_is_in_the_ledgers_own_file() {
        let dir = tempfile::tempdir().unwrap();
        let [roster, path, copy] = ["r.csv", "l.db", "copy.db"].map(|name| dir.path().join(name));
        std::fs::write(&roster, "User ID\na1\n").unwrap();
        let options = RosterOptions::default();
        let ask = Intake {
            roster: &roster,
            options: &options,
            summary: &crate::roster::check(&roster, &options).unwrap(),
            change: &"disable".parse().unwrap(),
            target: "https://scim.example.com/",
            ids: IdRule::Exact,
            reading: serde_json::Value::Null,
            new: false,
        };
        let mut ledger = Ledger::open(&path, crate::domain::Clock::System)
            .await
            .unwrap();
        let job = intake(&mut ledger, ask).await.unwrap();
        std::fs::copy(&path, &copy).unwrap();
        let mut reader = crate::ledger::Reader::open(&copy).await.unwrap();
        let latest = crate::ledger::JobSelector::Latest;
        assert_eq!(reader.select_job(&latest).await.unwrap(), job);
    }

    #[test]
    fn a_difference_is_described_by_numbers_and_examples() {
        let difference = Difference {
            added: 7,
            added_sample: vec!["a".into(), "b".into()],
            removed: 0,
            removed_sample: vec![],
        };
        assert_eq!(
            describe(&difference),
            "7 users added (a, b and 5 more), no users removed"
        );
    }
}
