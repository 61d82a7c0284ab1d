//! What the process that holds a ledger does for one job, and how fast.

use std::time::Duration;

use sqlx::FromRow;

use crate::domain::Timestamp;
use crate::ledger::sql::{Count, query, query_scalar};
use crate::ledger::{Holder, Job, LedgerError, Reader, RunKind};

/// What the process that holds the ledger does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It looks the job's users up.
    LookingUp,
    /// It works on the job's users.
    Writing,
    /// It reads the job's users again.
    Verifying,
    /// It has planned the job, and waits until the number of users is confirmed.
    Waiting,
    /// It does something else, or works on another job.
    Elsewhere,
}

impl Activity {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LookingUp => "looking_up",
            Self::Writing => "writing",
            Self::Verifying => "verifying",
            Self::Waiting => "waiting_for_confirmation",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// A run, and the process that made it.
#[derive(FromRow)]
struct RecentRun {
    job: i64,
    kind: RunKind,
    pid: i64,
    host: String,
    ended_at_ms: Option<Timestamp>,
}

/// The last runs: of all jobs, or of those at one target.
const RECENT_RUNS: &str = "
    SELECT job, kind, pid, host, ended_at_ms FROM runs
    WHERE ?1 IS NULL OR job IN (SELECT number FROM jobs WHERE target = ?1)
    ORDER BY number DESC LIMIT 100";

const BEGAN: &str = "SELECT max(started_at_ms) FROM runs WHERE job = ? AND ended_at_ms IS NULL";

/// Events that are read to find out how fast a run goes.
const LATEST: i64 = 10_000;

const SETTLED_LATELY: &str = "
    SELECT count(*) FILTER (WHERE kind = 'settled') AS users, count(*) AS events, min(at_ms) AS from_ms
    FROM (SELECT kind, at_ms FROM events WHERE job = ?1 ORDER BY number DESC LIMIT ?3) AS latest
    WHERE at_ms > ?2";

/// What the latest events say of the speed of a run.
#[derive(FromRow)]
struct LatestEvents {
    #[sqlx(try_from = "Count")]
    users: u64,
    events: i64,
    from_ms: Option<i64>,
}

impl Reader {
    /// What the holder does for this job. It is derived from the last run that the holder has begun: of a file in any
    /// job, of a lease in any job of its target, since a worker is at work on several targets. A holder that has begun
    /// none waits, if at all, with the newest job.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn activity(&mut self, job: &Job, holder: &Holder) -> Result<Activity, LedgerError> {
        let open = self.is_open(job).await?;
        let waits = job.plan.is_some() && open;
        let target = self.connection.is_postgres().then_some(&job.target);
        let runs: Vec<RecentRun> = query(RECENT_RUNS)
            .bind(target)
            .fetch_all(&mut self.connection)
            .await?;
        let of_holder = |run: &RecentRun| holder.is_process(run.pid, &run.host);
        if let Some(run) = runs.into_iter().find(of_holder) {
            if run.job != job.number {
                return Ok(Activity::Elsewhere);
            }
            return Ok(match (run.ended_at_ms, run.kind) {
                (None, RunKind::Plan) => Activity::LookingUp,
                (None, RunKind::Verify) => Activity::Verifying,
                (None, RunKind::Run) => Activity::Writing,
                (Some(_), RunKind::Plan) if waits => Activity::Waiting,
                (Some(_), _) => Activity::Elsewhere,
            });
        }
        let newest: Option<i64> = query_scalar("SELECT max(number) FROM jobs")
            .fetch_one(&mut self.connection)
            .await?;
        let is_newest = newest == Some(job.number);
        Ok(if is_newest && waits {
            Activity::Waiting
        } else {
            Activity::Elsewhere
        })
    }

    /// How many users the present run has brought to an outcome within the last `window`, or since it began
    /// if that is less; with the time that it took. If very much has happened within that time, only the last
    /// part of it counts.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn settled_lately(
        &mut self,
        job: &Job,
        now: Timestamp,
        window: Duration,
    ) -> Result<(u64, Duration), LedgerError> {
        let began: Option<i64> = query_scalar(BEGAN)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        let Count(window) = Count::millis(window);
        let from = now.as_millis().saturating_sub_unsigned(window);
        let from = began.map_or(from, |began| began.max(from));
        let latest: LatestEvents = query(SETTLED_LATELY)
            .bind(job.number)
            .bind(from)
            .bind(LATEST)
            .fetch_one(&mut self.connection)
            .await?;
        let from = match latest.from_ms {
            Some(first) if latest.events == LATEST => first,
            _ => from,
        };
        let within = u64::try_from(now.as_millis().saturating_sub(from)).unwrap_or(0);
        Ok((latest.users, Duration::from_millis(within)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IdRule;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn the_speed_is_found_in_the_latest_events_alone() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
        let plan = bed.ledger.query_plan(SETTLED_LATELY).await.join("; ");
        assert!(
            plan.contains("SEARCH events USING INDEX events_by_job (job=?)"),
            "{plan}"
        );
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
