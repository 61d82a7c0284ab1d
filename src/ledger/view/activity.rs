//! What the process that holds a ledger does for one job, and how fast.

use std::time::Duration;

use sqlx::Row;

use crate::domain::Timestamp;
use crate::ledger::{Holder, Job, LedgerError, Reader};

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

impl Reader {
    /// What the holder does for this job. It is derived from the last run that the holder has begun, in
    /// any job; a holder that has begun none waits, if at all, with the newest job.
    pub async fn activity(&mut self, job: &Job, holder: &Holder) -> Result<Activity, LedgerError> {
        let open = self.counts(job).await?.open() > 0;
        let waits = job.plan.is_some() && open;
        let runs =
            "SELECT job, kind, pid, host, ended_at_ms FROM runs ORDER BY number DESC LIMIT 100";
        let runs = sqlx::query(runs).fetch_all(&mut self.connection).await?;
        for run in runs {
            let (pid, host): (i64, String) = (run.try_get("pid")?, run.try_get("host")?);
            if !holder.is_process(pid, &host) {
                continue;
            }
            let ended: Option<i64> = run.try_get("ended_at_ms")?;
            let (number, kind): (i64, String) = (run.try_get("job")?, run.try_get("kind")?);
            if number != job.number {
                return Ok(Activity::Elsewhere);
            }
            return Ok(match (ended, kind.as_str()) {
                (None, "plan") => Activity::LookingUp,
                (None, "verify") => Activity::Verifying,
                (None, _) => Activity::Writing,
                (Some(_), "plan") if waits => Activity::Waiting,
                (Some(_), _) => Activity::Elsewhere,
            });
        }
        let newest = "SELECT max(number) FROM jobs";
        let newest: Option<i64> = sqlx::query_scalar(newest)
            .fetch_one(&mut self.connection)
            .await?;
        let is_newest = newest == Some(job.number);
        Ok(if is_newest && waits {
            Activity::Waiting
        } else {
            Activity::Elsewhere
        })
    }

    /// How many users the present run has seen to an outcome within the last `window`, or since it began
    /// if that is less; with the time that it took.
    pub async fn settled_lately(
        &mut self,
        job: &Job,
        now: Timestamp,
        window: Duration,
    ) -> Result<(u64, Duration), LedgerError> {
        let began = "SELECT max(started_at_ms) FROM runs WHERE job = ? AND ended_at_ms IS NULL";
        let began: Option<i64> = sqlx::query_scalar(began)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let from = now.as_millis().saturating_sub(window);
        let from = began.map_or(from, |began| began.max(from));
        let settled: i64 =
            sqlx::query_scalar("SELECT count(*) FROM users WHERE job = ? AND done_at_ms > ?")
                .bind(job.number)
                .bind(from)
                .fetch_one(&mut self.connection)
                .await?;
        let within = u64::try_from(now.as_millis().saturating_sub(from)).unwrap_or(0);
        let settled = u64::try_from(settled).unwrap_or(0);
        Ok((settled, Duration::from_millis(within)))
    }
}
