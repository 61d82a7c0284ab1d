//! The row of a job, and how jobs are found: by what they do, by id, or the latest.

use serde_json::Value;
use sqlx::FromRow;

use crate::domain::{Change, IdRule, JobId, Timestamp};
use crate::ledger::sql::{Count, Json, Nullable, SqlConnection, query, query_scalar};
use crate::ledger::{Ledger, LedgerError, Reader, Retriable};

/// One stored job.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Job {
    /// Its row in the ledger.
    pub(crate) number: i64,
    /// Its id.
    pub id: JobId,
    /// The SCIM base URL that it works on.
    pub target: String,
    /// What it does to each user.
    pub change: Change,
    /// The roster, as an absolute path.
    pub roster_path: String,
    /// SHA-256 of the roster's bytes, in hexadecimal.
    pub roster_digest: String,
    /// The roster's column names.
    #[sqlx(try_from = "Json<Vec<String>>")]
    pub roster_header: Vec<String>,
    /// How the provider compares ids.
    #[sqlx(try_from = "Nullable<IdRule>")]
    pub ids: IdRule,
    /// How the roster was read, and by which profile: a JSON object; `None` in a job that was loaded
    /// before this was kept.
    #[sqlx(try_from = "Nullable<Json<Value>>")]
    pub reading: Option<Value>,
    /// Records in the roster.
    #[sqlx(try_from = "Count")]
    pub lines: u64,
    /// Distinct valid users: the number that has to be confirmed.
    #[sqlx(try_from = "Count")]
    pub users: u64,
    /// When it was loaded.
    #[sqlx(rename = "created_at_ms")]
    pub created_at: Timestamp,
    /// The job that this one takes back, by its row.
    pub(crate) parent: Option<i64>,
    /// Its plan, once that is whole.
    #[sqlx(flatten, try_from = "PlanColumns")]
    pub plan: Option<JobPlan>,
    /// When the first users were found as the job wants them, before the others were begun.
    #[sqlx(rename = "canary_at_ms")]
    pub canary_at: Option<Timestamp>,
    /// The latest retry of failed users, if there was one.
    #[sqlx(flatten, try_from = "RetryColumns")]
    pub retry: Option<Retry>,
}

/// What a retry of failed users is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Which retry of the job it is, from 1.
    pub number: u64,
    /// What it writes; `None` until that is confirmed and the retry has begun to write.
    pub extent: Option<Retriable>,
    /// The number of the run that has begun to write it.
    pub(in crate::ledger) run: Option<i64>,
}

/// The plan of a job in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPlan {
    /// When it was made.
    pub at: Timestamp,
    /// SHA-256 over all its lines, in hexadecimal.
    pub digest: String,
    /// Users that it writes: the number to confirm.
    pub to_write: u64,
    /// How the users were looked up, as a JSON object.
    pub looked_up: String,
}

impl Job {
    /// Whether it gives back what another job took.
    pub fn is_undo(&self) -> bool {
        self.parent.is_some()
    }
}

/// How a job is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobSelector {
    /// The one loaded last that is not itself an undo.
    Latest,
    /// The last one that a run has begun, and that is not itself an undo. If no run has begun any, the one loaded
    /// last.
    LatestBegun,
    /// The one whose id begins so.
    Prefix(String),
}

impl JobSelector {
    /// Reads `latest` or the beginning of an id (at least four hexadecimal digits).
    pub fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::Latest);
        }
        let is_prefix =
            (4..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_prefix.then(|| Self::Prefix(text.to_ascii_lowercase()))
    }
}

/// Jobs from before the rule was kept were loaded with the case of ids ignored.
impl From<Nullable<IdRule>> for IdRule {
    fn from(stored: Nullable<Self>) -> Self {
        stored.0.unwrap_or(Self::IgnoreCase)
    }
}

/// The columns of [`Job::plan`].
#[derive(FromRow)]
struct PlanColumns {
    planned_at_ms: Option<Timestamp>,
    plan_digest: Option<String>,
    #[sqlx(try_from = "Nullable<Count>")]
    to_write: Option<u64>,
    looked_up: Option<String>,
}

impl From<PlanColumns> for Option<JobPlan> {
    fn from(row: PlanColumns) -> Self {
        Some(JobPlan {
            at: row.planned_at_ms?,
            digest: row.plan_digest.unwrap_or_default(),
            to_write: row.to_write.unwrap_or_default(),
            looked_up: row.looked_up.unwrap_or_default(),
        })
    }
}

/// The columns of [`Job::retry`].
#[derive(FromRow)]
struct RetryColumns {
    #[sqlx(try_from = "Count")]
    retries: u64,
    #[sqlx(try_from = "Nullable<Count>")]
    retry_to_write: Option<u64>,
    #[sqlx(try_from = "Nullable<Count>")]
    retry_active: Option<u64>,
    #[sqlx(try_from = "Nullable<Count>")]
    retry_disabled: Option<u64>,
    retry_run: Option<i64>,
}

impl From<RetryColumns> for Option<Retry> {
    fn from(row: RetryColumns) -> Self {
        (row.retries > 0).then(|| Retry {
            number: row.retries,
            extent: row.retry_to_write.map(|users| Retriable {
                users,
                active: row.retry_active.unwrap_or_default(),
                disabled: row.retry_disabled.unwrap_or_default(),
            }),
            run: row.retry_run,
        })
    }
}

pub(super) const JOB: &str = "SELECT * FROM jobs WHERE number = ?";

const JOBS: &str = "SELECT * FROM jobs ORDER BY number DESC";

const JOBS_WITH_KEY: &str = "SELECT * FROM jobs WHERE key = ? ORDER BY number DESC";

const LATEST_JOB: &str = "SELECT * FROM jobs WHERE parent IS NULL ORDER BY number DESC LIMIT 1";

const LATEST_BEGUN_JOB: &str = "
    SELECT * FROM jobs WHERE parent IS NULL
    ORDER BY EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.number AND kind = 'run') DESC,
             number DESC LIMIT 1";

// The prefix holds hexadecimal digits only, so LIKE has nothing to escape.
const JOBS_WITH_PREFIX: &str = "SELECT * FROM jobs WHERE id LIKE ? || '%' ORDER BY number LIMIT 2";

const OUTDATED_JOB: &str = "
    SELECT * FROM jobs WHERE roster_path = ? AND roster_digest <> ? AND change = ? AND target = ?
    AND EXISTS (SELECT 1 FROM users WHERE users.job = jobs.number AND is_open = 1)
    AND EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.number AND kind = 'run')
    ORDER BY number DESC LIMIT 1";

/// A job that a run has begun and that is not done.
const UNFINISHED_JOB: &str = "
    SELECT * FROM jobs WHERE target = ?
    AND EXISTS (SELECT 1 FROM users WHERE users.job = jobs.number AND is_open = 1)
    AND EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.number AND kind = 'run')
    ORDER BY number DESC LIMIT 1";

impl Ledger {
    /// All jobs with this key, the latest first: they differ in how they read their roster, or were
    /// wanted anew.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn find_jobs(&mut self, key: &str) -> Result<Vec<Job>, LedgerError> {
        let jobs = query(JOBS_WITH_KEY)
            .bind(key)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(jobs)
    }

    /// Whether a run has begun to work on a job.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn was_run(&mut self, job: &Job) -> Result<bool, LedgerError> {
        let any = query_scalar("SELECT EXISTS (SELECT 1 FROM runs WHERE job = ? AND kind = 'run')")
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(any)
    }

    /// The latest job that was loaded from the same path for the same purpose when the roster's
    /// bytes were others, was begun, and is not finished.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn find_outdated(
        &mut self,
        roster_path: &str,
        roster_digest: &str,
        change: &Change,
        target: &str,
    ) -> Result<Option<Job>, LedgerError> {
        let job = query(OUTDATED_JOB)
            .bind(roster_path)
            .bind(roster_digest)
            .bind(change)
            .bind(target)
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(job)
    }

    /// The job in this row.
    pub(in crate::ledger::store) async fn job(&mut self, number: i64) -> Result<Job, LedgerError> {
        let job = query(JOB)
            .bind(number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(job)
    }

    /// The job as it is now.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub(crate) async fn reload(&mut self, job: &Job) -> Result<Job, LedgerError> {
        self.job(job.number).await
    }

    /// The job that the selector names.
    ///
    /// # Errors
    /// The ledger holds no job, or the prefix begins no id or several; or the ledger cannot be read.
    pub async fn select_job(&mut self, selector: &JobSelector) -> Result<Job, LedgerError> {
        select_job(&mut self.connection, selector).await
    }
}

impl Reader {
    /// All jobs, the latest first.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn jobs(&mut self) -> Result<Vec<Job>, LedgerError> {
        let jobs = query(JOBS).fetch_all(&mut self.connection).await?;
        Ok(jobs)
    }

    /// The latest job at this SCIM base URL that a run has begun and that is not done.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn unfinished_job(&mut self, target: &str) -> Result<Option<Job>, LedgerError> {
        let job = query(UNFINISHED_JOB)
            .bind(target)
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(job)
    }

    /// Whether any job has this key.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn has_key(&mut self, key: &str) -> Result<bool, LedgerError> {
        let any = query_scalar("SELECT EXISTS (SELECT 1 FROM jobs WHERE key = ?)")
            .bind(key)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(any)
    }

    /// The job that this one takes back.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn parent(&mut self, job: &Job) -> Result<Option<Job>, LedgerError> {
        let parent = query(JOB)
            .bind(job.parent)
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(parent)
    }

    /// The job that the selector names.
    ///
    /// # Errors
    /// The ledger holds no job, or the prefix begins no id or several; or the ledger cannot be read.
    pub async fn select_job(&mut self, selector: &JobSelector) -> Result<Job, LedgerError> {
        select_job(&mut self.connection, selector).await
    }
}

async fn select_job(
    connection: &mut SqlConnection,
    selector: &JobSelector,
) -> Result<Job, LedgerError> {
    let jobs: Vec<Job> = match selector {
        // The last thing done is rarely what is meant: an undo is worked on through its parent.
        JobSelector::Latest => query(LATEST_JOB).fetch_all(connection).await?,
        JobSelector::LatestBegun => query(LATEST_BEGUN_JOB).fetch_all(connection).await?,
        JobSelector::Prefix(prefix) => {
            query(JOBS_WITH_PREFIX)
                .bind(prefix)
                .fetch_all(connection)
                .await?
        }
    };
    let count = jobs.len();
    match (jobs.into_iter().next(), selector) {
        (Some(job), _) if count == 1 => Ok(job),
        (Some(_), JobSelector::Prefix(prefix)) => Err(LedgerError::NoSuchJob(format!(
            "several jobs' ids begin with `{prefix}`: give more of it"
        ))),
        (Some(_), JobSelector::Latest | JobSelector::LatestBegun) => {
            unreachable!("the query asks for one row")
        }
        (None, JobSelector::Latest | JobSelector::LatestBegun) => Err(LedgerError::NoSuchJob(
            "the ledger holds no job yet".to_owned(),
        )),
        (None, JobSelector::Prefix(prefix)) => Err(LedgerError::NoSuchJob(format!(
            "no job's id begins with `{prefix}`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::RunKind;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn a_changed_roster_is_found_without_going_through_all_lines() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
        bed.ledger.assert_found_by("users_open", OUTDATED_JOB).await;
    }

    #[test]
    fn jobs_are_named_by_prefix_or_as_the_latest() {
        assert_eq!(JobSelector::parse("latest"), Some(JobSelector::Latest));
        assert_eq!(
            JobSelector::parse("01AB"),
            Some(JobSelector::Prefix("01ab".into()))
        );
        for other in ["", "01a", "leavers.csv", "01ab%", "Latest"] {
            assert_eq!(JobSelector::parse(other), None, "{other}");
        }
    }
}
