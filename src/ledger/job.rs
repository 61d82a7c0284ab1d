//! Finding jobs: by what they do, by id, or the latest.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::domain::{Change, Goal, IdRule, JobId, Timestamp};
use crate::ledger::{Ledger, LedgerError, Reader, Retriable};

/// One stored job.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub roster_header: Vec<String>,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// How the roster was read, and by which profile: a JSON object; `None` in a job that was loaded
    /// before this was kept.
    pub reading: Option<serde_json::Value>,
    /// Records in the roster.
    pub lines: u64,
    /// Distinct valid users: the number that has to be confirmed.
    pub users: u64,
    /// When it was loaded.
    pub created_at: Timestamp,
    /// The job that this one takes back, by its row.
    pub(crate) parent: Option<i64>,
    /// Its plan, once that is whole.
    pub plan: Option<JobPlan>,
    /// When the first users were seen to be as wanted, before the others were begun.
    pub canary_at: Option<Timestamp>,
    /// The latest retry of failed users, if there was one.
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
    pub(super) run: Option<u64>,
}

/// The plan of a job in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPlan {
    /// When it was made.
    pub at: Timestamp,
    /// SHA-256 over all its lines, in hexadecimal.
    pub digest: String,
    /// Users whom it writes: the number to confirm.
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

/// How a person names a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobSelector {
    /// The one loaded last that is not itself an undo.
    Latest,
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

impl Ledger {
    /// All jobs with this key, the latest first: they differ in how they read their roster, or were
    /// wanted anew.
    pub async fn find_jobs(&mut self, key: &str) -> Result<Vec<Job>, LedgerError> {
        let rows = sqlx::query("SELECT * FROM jobs WHERE key = ? ORDER BY number DESC")
            .bind(key)
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(read_job).collect()
    }

    /// Whether a run has begun to work on a job.
    pub async fn was_run(&mut self, job: &Job) -> Result<bool, LedgerError> {
        let any =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM runs WHERE job = ? AND kind = 'run')")
                .bind(job.number)
                .fetch_one(&mut self.connection)
                .await?;
        Ok(any)
    }

    /// The latest job that was loaded from the same path for the same purpose when the roster's
    /// bytes were others, was begun, and is not finished.
    pub async fn find_outdated(
        &mut self,
        roster_path: &str,
        roster_digest: &str,
        change: &Change,
        target: &str,
    ) -> Result<Option<Job>, LedgerError> {
        let row = sqlx::query(
            "SELECT * FROM jobs WHERE roster_path = ? AND roster_digest <> ? AND change = ? AND target = ?
             AND EXISTS (SELECT 1 FROM users WHERE users.job = jobs.number
                         AND status IN ('pending', 'claimed', 'in_doubt'))
             AND EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.number AND kind = 'run')
             ORDER BY number DESC LIMIT 1",
        )
        .bind(roster_path)
        .bind(roster_digest)
        .bind(change.to_string())
        .bind(target)
        .fetch_optional(&mut self.connection)
        .await?;
        row.as_ref().map(read_job).transpose()
    }

    /// The job in this row.
    pub(super) async fn job(&mut self, number: i64) -> Result<Job, LedgerError> {
        let row = sqlx::query("SELECT * FROM jobs WHERE number = ?")
            .bind(number)
            .fetch_one(&mut self.connection)
            .await?;
        read_job(&row)
    }

    /// The job that a person names.
    pub async fn select_job(&mut self, selector: &JobSelector) -> Result<Job, LedgerError> {
        select_job(&mut self.connection, selector).await
    }
}

impl Reader {
    /// The job that a person names.
    pub async fn select_job(&mut self, selector: &JobSelector) -> Result<Job, LedgerError> {
        select_job(&mut self.connection, selector).await
    }
}

async fn select_job(
    connection: &mut SqliteConnection,
    selector: &JobSelector,
) -> Result<Job, LedgerError> {
    let rows = match selector {
        JobSelector::Latest => {
            // What was done last is rarely what is meant: an undo is worked on through its parent.
            sqlx::query("SELECT * FROM jobs WHERE parent IS NULL ORDER BY number DESC LIMIT 1")
                .fetch_all(connection)
                .await?
        }
        // The prefix holds hexadecimal digits only, so LIKE has nothing to escape.
        JobSelector::Prefix(prefix) => {
            sqlx::query("SELECT * FROM jobs WHERE id LIKE ? || '%' ORDER BY number LIMIT 2")
                .bind(prefix)
                .fetch_all(connection)
                .await?
        }
    };
    match (rows.as_slice(), selector) {
        ([row], _) => read_job(row),
        ([], JobSelector::Latest) => Err(LedgerError::NoSuchJob(
            "the ledger holds no job yet".to_owned(),
        )),
        ([], JobSelector::Prefix(prefix)) => Err(LedgerError::NoSuchJob(format!(
            "no job's id begins with `{prefix}`"
        ))),
        (_, JobSelector::Prefix(prefix)) => Err(LedgerError::NoSuchJob(format!(
            "several jobs' ids begin with `{prefix}`: give more of it"
        ))),
        (_, JobSelector::Latest) => unreachable!("the query asks for one row"),
    }
}

pub(super) fn read_job(row: &SqliteRow) -> Result<Job, LedgerError> {
    let change: String = row.try_get("change")?;
    let header: String = row.try_get("roster_header")?;
    let ids: Option<String> = row.try_get("ids")?;
    let reading: Option<String> = row.try_get("reading")?;
    Ok(Job {
        number: row.try_get("number")?,
        id: JobId::from_stored(row.try_get("id")?),
        target: row.try_get("target")?,
        change: change
            .parse()
            .map_err(|_| LedgerError::value("change", change))?,
        roster_path: row.try_get("roster_path")?,
        roster_digest: row.try_get("roster_digest")?,
        roster_header: serde_json::from_str(&header)
            .map_err(|_| LedgerError::value("header", header))?,
        // Jobs from before the rule was kept were loaded with the case of ids ignored.
        ids: match ids {
            None => IdRule::IgnoreCase,
            Some(word) => IdRule::parse(&word).ok_or_else(|| LedgerError::value("ids", word))?,
        },
        reading: reading
            .map(|text| {
                serde_json::from_str(&text).map_err(|_| LedgerError::value("reading", text))
            })
            .transpose()?,
        lines: unsigned(row, "lines")?,
        users: unsigned(row, "users")?,
        created_at: Timestamp::from_millis(row.try_get("created_at_ms")?),
        parent: row.try_get("parent")?,
        plan: read_plan(row)?,
        canary_at: time(row, "canary_at_ms")?,
        retry: read_retry(row)?,
    })
}

/// What the user of a row is to have, where the line says it itself.
pub(super) fn own_goal(row: &SqliteRow) -> Result<Option<Goal>, LedgerError> {
    let goal: Option<String> = row.try_get("goal")?;
    let read =
        |text: String| serde_json::from_str(&text).map_err(|_| LedgerError::value("goal", text));
    goal.map(read).transpose()
}

fn read_retry(row: &SqliteRow) -> Result<Option<Retry>, LedgerError> {
    let number = unsigned(row, "retries")?;
    if number == 0 {
        return Ok(None);
    }
    let count = |column: &'static str| -> Result<Option<u64>, LedgerError> {
        let stored: Option<i64> = row.try_get(column)?;
        let read = |count: i64| {
            u64::try_from(count).map_err(|_| LedgerError::value(column, count.to_string()))
        };
        stored.map(read).transpose()
    };
    Ok(Some(Retry {
        number,
        extent: match count("retry_to_write")? {
            Some(users) => Some(Retriable {
                users,
                active: count("retry_active")?.unwrap_or_default(),
                disabled: count("retry_disabled")?.unwrap_or_default(),
            }),
            None => None,
        },
        run: count("retry_run")?,
    }))
}

fn read_plan(row: &SqliteRow) -> Result<Option<JobPlan>, LedgerError> {
    let Some(at) = time(row, "planned_at_ms")? else {
        return Ok(None);
    };
    Ok(Some(JobPlan {
        at,
        digest: row.try_get("plan_digest")?,
        to_write: unsigned(row, "to_write")?,
        looked_up: row.try_get("looked_up")?,
    }))
}

/// Reads a moment that may not be there.
pub(super) fn time(row: &SqliteRow, column: &str) -> Result<Option<Timestamp>, LedgerError> {
    let millis: Option<i64> = row.try_get(column)?;
    Ok(millis.map(Timestamp::from_millis))
}

/// Reads a count, which SQLite stores as a signed number.
pub(super) fn unsigned(row: &SqliteRow, column: &'static str) -> Result<u64, LedgerError> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| LedgerError::value(column, value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
